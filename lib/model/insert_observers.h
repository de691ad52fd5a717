#pragma once
// Rewrite 1: a clone of the model in which what enters the registered layers is handed to
// observers.
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>
#include <vector>

#include "model/call_methods.h"
#include "model/observe_op.h"

namespace actsparse {

struct ObserverSite {
  Site site;
  Observer observer;
};

/// The observed clone with the observers it needs. The clone's outputs are bit-equal to the
/// model's.
class ObservedModel {
 public:
  ObservedModel(const torch::jit::Module& module,
                std::vector<std::unique_ptr<RegisteredObserver>> observers);
  /// The rewritten module, for inspection and for eval()/train().
  torch::jit::Module& module() { return module_; }
  /// Runs `method` without autograd. Throws what an observer threw, else run_method's errors.
  c10::IValue run(const std::string& method, const std::vector<c10::IValue>& arguments);

 private:
  torch::jit::Module module_;
  std::vector<std::unique_ptr<RegisteredObserver>> observers_;
};

/// `model` is left untouched. `method` is the one that will be run. Throws Error(Model) for a layer
/// that does not exist or cannot be observed.
ObservedModel insert_observers(const torch::jit::Module& model, const std::string& method,
                               const std::vector<ObserverSite>& sites);

}  // namespace actsparse
