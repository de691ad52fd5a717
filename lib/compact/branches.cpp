#include "compact/branches.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/constant_propagation.h>

#include "compact/nodes.h"

namespace actsparse {
namespace {

using torch::jit::Graph;
using torch::jit::Node;

// A branch without outputs only checks something: it may stay.
bool has_branches_with_values(Graph& graph) {
  bool found = false;
  for_each_node(*graph.block(), [&](const Node& node) {
    found |= node.kind() == c10::prim::If && !node.outputs().empty();
  });
  return found;
}

// Writes the number of axes in place of each dim(); false if there is none.
bool insert_dims(Graph& graph, const Trace& values) {
  bool found = false;
  for_each_node(*graph.block(), [&](Node& node) {
    if (node.kind() != c10::aten::dim || values.value(node.output()) == nullptr ||
        !values.is_static(node.output()))
      return;
    const torch::jit::WithInsertPoint guard(&node);
    node.output()->replaceAllUsesWith(graph.insertConstant(*values.value(node.output())));
    found = true;
  });
  return found;
}

}  // namespace

Trace decide_branches(FlatModel& model, const std::vector<std::vector<c10::IValue>>& batches) {
  const Trace values = trace(model, batches);
  if (!has_branches_with_values(*model.graph) || !insert_dims(*model.graph, values)) return values;
  torch::jit::ConstantPropagationImmutableTypes(model.graph);
  return trace(model, batches);
}

}  // namespace actsparse
