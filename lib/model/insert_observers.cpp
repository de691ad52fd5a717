#include "model/insert_observers.h"

#include <torch/csrc/jit/ir/ir.h>

#include <utility>

#include "model/insert_observe.h"
#include "model/layer_tree.h"
#include "model/own_types.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

using torch::jit::Module;

// At the start of the method: %observed = actsparse::observe(%input, id); everything else reads
// %observed.
void insert_observer(const CallMethod& call, int64_t observer) {
  torch::jit::Node* node =
      insert_observe(*call.graph, call.input, *call.graph->nodes().begin(), observer);
  call.input->replaceAllUsesAfterNodeWith(node, node->output());
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
  Module clone = clone_with_own_types(session.model, layers);
  std::vector<std::unique_ptr<RegisteredObserver>> observers;
  for (const auto& site : sites) {
    observers.push_back(std::make_unique<RegisteredObserver>(site.observer));
    for (const auto& call :
         call_methods(clone, find_layer(clone, site.site.layer), site.site, session.method))
      insert_observer(call, observers.back()->id());
  }
  return {session.with(clone), std::move(observers)};
}

}  // namespace actsparse
