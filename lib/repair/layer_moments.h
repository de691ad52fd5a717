#pragma once
// What one layer reads and is to give, over all batches.
#include "repair/masked_operator.h"
#include "repair/moments.h"

namespace actsparse {

/// Collects the moments of one weight.
class LayerMoments {
 public:
  /// `masked`: any of the operators that read the weight.
  explicit LayerMoments(const MaskedOperator& masked) : masked_(masked) {}

  /// Takes in one call on one batch: what enters the operator now, and what it is to give.
  void add(const at::Tensor& input, const at::Tensor& wanted, bool held_out);

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
  Moments fitted_, held_out_;
};

}  // namespace actsparse
