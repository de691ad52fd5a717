#include "compact/macs.h"

#include "compact/nodes.h"
#include "compact/rule.h"

namespace actsparse {

using torch::jit::Node;

int64_t count_macs(const FlatModel& model, const Trace& trace) {
  int64_t sum = 0;
  for_each_node(*model.graph->block(), [&](const Node& node) {
    const auto* const row = find_rule(node.kind());
    const bool has_run = !node.outputs().empty() && trace.value(node.outputs()[0]) != nullptr;
    if (row != nullptr && has_run) sum += row->cost(node, trace);
  });
  return sum;
}

int64_t count_gathered_bytes(const FlatModel& model, const Trace& trace) {
  int64_t sum = 0;
  for_each_node(*model.graph->block(), [&](const Node& node) {
    if (node.kind() != c10::aten::index_select) return;
    const auto* written = trace.value(node.output());
    if (written != nullptr && written->isTensor())
      sum += static_cast<int64_t>(written->toTensor().nbytes());
  });
  return sum;
}

}  // namespace actsparse
