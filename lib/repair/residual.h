#pragma once
// A layer whose output is added to another value can make up for what that one has lost.
#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

#include <optional>

#include "repair/operators.h"

namespace actsparse {

/// What is added to an operator's output on its way.
struct Residual {
  torch::jit::Value* other;
  torch::jit::Value* sum;
  /// What lies between: the sum holds scale * output; [outputs], or undefined for 1.
  at::Tensor scale;
};

/// Of an operator whose output goes through nothing but batch norms in eval mode and factors per
/// channel into one sum of two activations. Nothing if it does not.
std::optional<Residual> find_residual(const MaskedOperator& masked);

/// What the operator must give besides, so that the sum is what it was: `lost`, the other value as
/// it was less what it is now, over the scale; 0 for channels that hardly reach the sum.
at::Tensor made_up(const at::Tensor& lost, const Residual& residual, const Window& window);

}  // namespace actsparse
