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

bool is_tensor(const torch::jit::Value* value) {
  return value->type()->kind() == c10::TypeKind::TensorType;
}

// How many axes a tensor has, and whether two are one object: a model asks that to tell in what way
// it was called.
bool asks_for_the_way(const Node& node) {
  if (node.kind() == c10::aten::dim) return true;
  return (node.kind() == c10::aten::__is__ || node.kind() == c10::aten::__isnot__) &&
         is_tensor(node.input(0)) && is_tensor(node.input(1));
}

// Writes the answers in place of such questions; false if there is none.
bool insert_answers(Graph& graph, const Trace& values) {
  bool found = false;
  for_each_node(*graph.block(), [&](Node& node) {
    if (!asks_for_the_way(node) || values.value(node.output()) == nullptr ||
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
  if (!has_branches_with_values(*model.graph) || !insert_answers(*model.graph, values))
    return values;
  torch::jit::ConstantPropagationImmutableTypes(model.graph);
  return trace(model, batches);
}

}  // namespace actsparse
