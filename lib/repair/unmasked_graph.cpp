#include "repair/unmasked_graph.h"

#include <vector>

#include "compact/nodes.h"
#include "model/mask_names.h"

namespace actsparse {

using torch::jit::Node;
using torch::jit::Value;

UnmaskedGraph::UnmaskedGraph(const FlatModel& masked, const std::set<std::string>& still_masked)
    : graph(masked.graph->copy()) {
  std::vector<Node*> own, theirs;
  for_each_node(*graph->block(), [&](Node& node) { own.push_back(&node); });
  for_each_node(*masked.graph->block(), [&](Node& node) { theirs.push_back(&node); });
  for (size_t i = 0; i < own.size(); ++i) {
    twins_[theirs[i]] = own[i];
    originals_[own[i]] = theirs[i];
    const auto layer = masked_layer(masked, *theirs[i]);
    if (!layer || still_masked.count(*layer) != 0) continue;
    own[i]->output()->replaceAllUsesWith(own[i]->inputs()[0]);
    others_[theirs[i]->output()] = own[i]->inputs()[0];
  }
  for (size_t i = 0; i < graph->inputs().size(); ++i) {
    others_[masked.graph->inputs()[i]] = graph->inputs()[i];
    inputs_[graph->inputs()[i]] = masked.graph->inputs()[i];
  }
}

Value* UnmaskedGraph::twin(const Value* value) const {
  if (const auto other = others_.find(value); other != others_.end()) return other->second;
  return twin(value->node())->outputs()[value->offset()];
}

Value* UnmaskedGraph::original(const Value* value) const {
  if (const auto input = inputs_.find(value); input != inputs_.end()) return input->second;
  return originals_.at(value->node())->outputs()[value->offset()];
}

std::optional<std::string> masked_layer(const FlatModel& model, const Node& node) {
  if (node.kind() != c10::aten::mul || !is_mask(model, node.inputs()[1])) return std::nullopt;
  return layer_of_mask(model.name_of(*node.inputs()[1])->path);
}

}  // namespace actsparse
