#pragma once
// Operators that are linear in what enters them, with a weight: Linear and the convolutions.
#include <torch/csrc/jit/ir/ir.h>

#include <cstddef>
#include <optional>

#include "statistics/window.h"

namespace actsparse {

/// How one node of a graph passes over its input; the places are those of the node's inputs.
struct LinearNode {
  Window window;
  size_t input = 0, weight = 1, bias = 2;
};

/// Of aten::linear, conv1d to conv3d, conv_transpose1d to 3d and _convolution, if their strides,
/// paddings, dilations and groups are constants; else nothing. `kernel`: the sizes of the weight
/// behind its first two dimensions (empty for a matrix).
std::optional<LinearNode> linear_node(const torch::jit::Node& node, at::IntArrayRef kernel);

/// Whether linear_node() may know such a node.
bool is_linear_node(const torch::jit::Node& node);

}  // namespace actsparse
