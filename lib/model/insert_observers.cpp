#include "model/insert_observers.h"

#include <torch/csrc/jit/ir/ir.h>

#include <utility>

#include "model/insert_observe.h"
#include "model/layer_uses.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

using torch::jit::Module;

// %observed = actsparse::observe(%input, id), which the layer reads instead.
void insert_observer(const LayerUse& use, int64_t observer) {
  use.read_instead(insert_observe(*use.graph, use.input, use.start(), observer));
}

}  // namespace

ObservedModel::ObservedModel(Session session,
                             std::vector<std::unique_ptr<RegisteredObserver>> observers)
    : session_(std::move(session)), observers_(std::move(observers)) {}

c10::IValue ObservedModel::run(const std::vector<c10::IValue>& arguments) {
  try {
    return run_method(session_.model, session_.method, arguments);
  } catch (...) {
    for (const auto& observer : observers_) observer->rethrow();
    throw;
  }
}

ObservedModel insert_observers(const Session& session, const std::vector<ObserverSite>& sites) {
  std::vector<std::string> layers;
  for (const auto& site : sites) layers.push_back(site.site.layer);
  Module clone = clone_with_own_uses(session, layers);
  const LayerUses uses(clone, session.method);
  std::vector<std::unique_ptr<RegisteredObserver>> observers;
  for (const auto& site : sites) {
    observers.push_back(std::make_unique<RegisteredObserver>(site.observer));
    for (const auto& use : uses.of(site.site)) insert_observer(use, observers.back()->id());
  }
  return {session.with(clone), std::move(observers)};
}

}  // namespace actsparse
