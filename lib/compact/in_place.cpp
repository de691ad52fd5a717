#include "compact/in_place.h"

#include <torch/csrc/jit/passes/remove_mutation.h>

#include <string>
#include <vector>

#include "compact/nodes.h"

namespace actsparse {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

c10::Symbol was_in_place() {
  static const auto symbol = c10::Symbol::attr("actsparse_was_in_place");
  return symbol;
}

}  // namespace

void remove_in_place(const std::shared_ptr<Graph>& graph) {
  std::vector<std::string> before;
  for (const Node* node : graph->nodes()) before.emplace_back(node->kind().toQualString());
  torch::jit::RemoveTensorMutation(graph);
  auto old = before.begin();
  for (Node* node : graph->nodes()) {
    const std::string kind = node->kind().toQualString();
    if (old == before.end()) return;
    const bool replaces = *old == kind + "_";
    if (!replaces && *old != kind) continue;  // made beside one
    if (replaces) node->i_(was_in_place(), 1);
    ++old;
  }
}

void restore_in_place(Graph& graph) {
  for_each_node(*graph.block(), [&](Node& node) {
    if (!node.hasAttribute(was_in_place())) return;
    node.removeAttribute(was_in_place());
    const Value* const written = node.inputs().at(0);
    if (written->uses().size() != 1 || written->node()->kind() == c10::prim::Constant) return;
    Node* const other = graph.create(
        c10::Symbol::fromQualString(node.kind().toQualString() + std::string("_")), node.inputs());
    other->insertBefore(&node)->output()->setType(node.output()->type());
    other->copyMetadata(&node);
    node.output()->replaceAllUsesWith(other->output());
    node.destroy();
  });
}

}  // namespace actsparse
