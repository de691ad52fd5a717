#pragma once
// What one layer reads and is to give, over all batches.
#include <optional>

#include "repair/masked_operator.h"
#include "repair/moments.h"

namespace actsparse {

/// The value of the unmasked graph that tells what an operator is to give.
torch::jit::Value* wanted_value(const MaskedOperator& masked);
/// What it is to give, from that value; of a recurrent one, what its gates are to take from its
/// input.
at::Tensor wanted_output(const MaskedOperator& masked, const at::Tensor& value);

/// Collects the moments of one weight.
class LayerMoments {
 public:
  /// `masked`: any of the operators that read the weight.
  explicit LayerMoments(const MaskedOperator& masked) : masked_(masked) {}

  /// Takes in one call on one batch: what enters the operator now, and what it is to give.
  void add(const at::Tensor& input, const at::Tensor& wanted, bool held_out);

  /// What they would be if `masked` (the same operator with a mask, which must outlive them) had
  /// been given the same input; nothing if its mask is not one of channels.
  std::optional<LayerMoments> with_mask(const MaskedOperator& masked) const;

  const Moments& fitted() const { return fitted_; }
  const Moments& held_out() const { return held_out_; }
  /// The input channels that count; undefined: all.
  const at::Tensor& kept() const { return kept_; }
  /// The part of the operator's weight that they reach: float64 [groups, outputs, inputs].
  at::Tensor kept_weight() const;

 private:
  const MaskedOperator& masked_;
  bool started_ = false;
  at::Tensor kept_;
  at::Tensor like_;  // what enters it, without data
  Moments fitted_, held_out_;
};

}  // namespace actsparse
