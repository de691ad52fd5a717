#include "compact/input_gates.h"

#include "compact/nodes.h"
#include "compact/rule.h"
#include "model/gate_nodes.h"
#include "model/mask_names.h"

namespace actsparse {

bool is_input_gate(const FlatModel& model, torch::jit::Node& product) {
  const auto gate = gate_nodes(product);
  const TensorName* const name = gate ? model.name_of(*gate->threshold) : nullptr;
  return name != nullptr && is_mask_name(owner_and_name(name->path).second, kThresholdBuffer);
}

std::vector<MaskedChannels> input_gates(const FlatModel& model, const Trace& trace) {
  std::vector<MaskedChannels> gates;
  for_each_node(*model.graph->block(), [&](torch::jit::Node& node) {
    if (!is_input_gate(model, node)) return;
    MaskedChannels entry;
    entry.layer = layer_of_mask(model.name_of(*gate_nodes(node)->threshold)->path);
    const auto& sizes = trace.sizes(node.output());
    const auto last = static_cast<int64_t>(sizes.size()) - 1;
    if (last >= 0) entry.total = sizes[usual_axis(*node.output(), trace).value_or(last)];
    entry.looks_at_input = true;
    gates.push_back(std::move(entry));
  });
  return gates;
}

}  // namespace actsparse
