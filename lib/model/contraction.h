#pragma once
// Operators that contract an activation with a matrix or a convolution's kernel.
#include <torch/csrc/jit/ir/ir.h>

#include <cstddef>
#include <string>
#include <vector>

namespace actsparse {

/// The places of the operands among a node's inputs.
struct Contraction {
  size_t input, weight;
  bool outputs_first;   ///< the weight is [outputs, inputs, ...], not [..., inputs, outputs]
  int64_t channel_dim;  ///< that is contracted, of the input; 0 where the kernel's rank tells it
};

/// Of aten::linear, the convolutions, matmul, mm, bmm, addmm and baddbmm: each order in which the
/// operands may stand. None of any other operator.
std::vector<Contraction> contractions(const torch::jit::Node& node);

/// "Linear", "Conv2d": the layer whose call such an operator is.
std::string layer_type_of(const torch::jit::Node& node);

}  // namespace actsparse
