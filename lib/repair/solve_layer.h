#pragma once
// One layer: from the moments of what it reads and what it is to give, to its new weight and bias.
#include <optional>

#include "config/repair_config.h"
#include "repair/moments.h"
#include "repair/operators.h"
#include "repair/repaired_layer.h"

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

 private:
  const MaskedOperator& masked_;
  bool started_ = false;
  at::Tensor kept_;
  Moments fitted_, held_out_;
};

struct SolvedLayer {
  RepairedLayer report;
  at::Tensor weight,
      bias;  ///< in the shape and dtype of the layer's; undefined: it stays as it was
};

/// Fits what `config` asks for, and takes what has the least error on what was held out: the layer
/// as it was, the means, or a ridge. What is taken is fitted again on all. Throws Error(Data) if
/// the moments are not finite.
SolvedLayer solve_layer(const MaskedOperator& masked, const LayerMoments& moments,
                        const RepairConfig& config);

}  // namespace actsparse
