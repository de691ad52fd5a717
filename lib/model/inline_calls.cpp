#include "model/inline_calls.h"

#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>

namespace actsparse {
namespace {

using torch::jit::Block;
using torch::jit::Node;

bool has_calls(const Block& block);

bool is_or_has_call(const Node& node) {
  if (node.kind() == c10::prim::CallFunction) return true;
  if (node.kind() == c10::prim::CallMethod)
    return node.input(0)->type()->cast<c10::ClassType>() != nullptr;
  const auto blocks = node.blocks();
  return std::any_of(blocks.begin(), blocks.end(),
                     [](const Block* inner) { return has_calls(*inner); });
}

bool has_calls(const Block& block) {
  const auto nodes = block.nodes();
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const Node* node) { return is_or_has_call(*node); });
}

}  // namespace

void inline_calls(torch::jit::Graph& graph) {
  constexpr int kDeepest = 100;
  // LibTorch would optimize what it inlines, inner calls first, once for every level of calls above
  // it. As written, one call inlines one level.
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  for (int depth = 0; depth < kDeepest && has_calls(*graph.block()); ++depth)
    torch::jit::Inline(graph);
}

}  // namespace actsparse
