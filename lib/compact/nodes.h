#pragma once
// What several parts of this room ask of the nodes of a graph.
#include <torch/csrc/jit/ir/ir.h>

#include <vector>

namespace actsparse {

/// Visits every node of a block and of the blocks inside, in their order. `visit` may destroy the
/// node it is given.
template <class Visit>
void for_each_node(torch::jit::Block& block, const Visit& visit) {
  for (auto it = block.nodes().begin(); it != block.nodes().end();) {
    torch::jit::Node* const node = *it++;
    for (torch::jit::Block* inner : node->blocks()) for_each_node(*inner, visit);
    visit(*node);
  }
}

/// Every node of a block and of the blocks inside; the order is the same for equal graphs.
std::vector<torch::jit::Node*> all_nodes(torch::jit::Block& block);

/// What a node reads, with what the blocks in it read of outside.
std::vector<torch::jit::Value*> values_read(torch::jit::Node& node);

/// The node of the graph's own block that a node stands in, at any depth.
torch::jit::Node* outermost(torch::jit::Node* node);

/// Whether the operator's schema says that it writes to an input.
bool writes_to(const torch::jit::Node& node, size_t input);

/// Whether two tensors have the same dtype, sizes and values.
bool is_same(const at::Tensor& a, const at::Tensor& b);

/// Makes the types of all tensors plain again: recorded ones hold sizes, which may have changed.
void forget_sizes(torch::jit::Graph& graph);

}  // namespace actsparse
