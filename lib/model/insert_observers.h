#pragma once
// Rewrite 1: a clone of the model in which what enters the registered layers is handed to
// observers.
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>
#include <vector>

#include "model/observe_op.h"
#include "model/session.h"
#include "record/site.h"

namespace actsparse {

struct ObserverSite {
  Site site;
  Observer observer;
};

/// The observed clone with the observers it needs. The clone's outputs are bit-equal to the
/// model's.
class ObservedModel {
 public:
  ObservedModel(Session session, std::vector<std::unique_ptr<RegisteredObserver>> observers);
  /// The rewritten module, for inspection and for eval()/train().
  torch::jit::Module& module() { return session_.model; }
  /// Runs the session's method without autograd. Throws what an observer threw, else run_method's
  /// errors.
  c10::IValue run(const std::vector<c10::IValue>& arguments);

 private:
  Session session_;
  std::vector<std::unique_ptr<RegisteredObserver>> observers_;
};

/// The session's model is left untouched. Throws Error(Model) for a layer
/// that does not exist or cannot be observed.
ObservedModel insert_observers(const Session& session, const std::vector<ObserverSite>& sites);

}  // namespace actsparse
