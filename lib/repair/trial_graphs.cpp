#include "repair/trial_graphs.h"

#include "compact/nodes.h"
#include "model/run_method.h"

namespace actsparse {

std::set<std::string> all_masked(const FlatModel& flat) {
  std::set<std::string> layers;
  for_each_node(*flat.graph->block(), [&](torch::jit::Node& node) {
    if (const auto layer = masked_layer(flat, node)) layers.insert(*layer);
  });
  return layers;
}

TrialGraphs::TrialGraphs(const Session& masked, const std::optional<Session>& whole)
    : in_whole(whole.has_value()),
      plain(flatten(masked.model, masked.method)),
      unmasked(plain),
      flat(in_whole ? flatten(whole->model, whole->method) : plain),
      around(in_whole ? UnmaskedGraph(flat, all_masked(flat)) : unmasked) {}

torch::jit::Value* TrialGraphs::read_unmasked(const MaskedOperator& call) const {
  torch::jit::Value* value = call.node->inputs().at(call.input);
  if (masked_layer(flat, *value->node())) value = value->node()->inputs()[0];
  return around.twin(value);
}

std::vector<c10::IValue> graph_inputs(const FlatModel& flat,
                                      const std::vector<c10::IValue>& arguments) {
  std::vector<c10::IValue> inputs = {flat.module._ivalue()};
  for (auto& argument : fitted_arguments(flat.module, flat.method, arguments))
    inputs.push_back(std::move(argument));
  return inputs;
}

}  // namespace actsparse
