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

/// `wanted` of the operator with what it must give besides, so that the sum is what it was: the
/// other value as it `was` less what it `is` now, over the scale; nothing for channels that hardly
/// reach the sum, or where the other value is of another size.
at::Tensor with_made_up(const at::Tensor& wanted, const at::Tensor& was, const at::Tensor& is,
                        const Residual& residual, const Window& window);

}  // namespace actsparse
