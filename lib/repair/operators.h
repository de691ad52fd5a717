#pragma once
// Which operators of a flat graph read what masks let through, or what has become of it, and what
// can be done about their weights.
#include <string>
#include <vector>

#include "compact/flat_model.h"
#include "config/repair_config.h"
#include "repair/masked_operator.h"
#include "repair/repaired_layer.h"

namespace actsparse {

struct MaskedOperators {
  std::vector<MaskedOperator> operators;  ///< in the order in which they run
  std::vector<LeftLayer> left;
};

/// All that `config` wants solved: those that read a product with a mask buffer, directly or
/// through padding; for "linear" also those that compute with what came of it; batch norms, unless
/// what they read is solved for already.
MaskedOperators masked_operators(const FlatModel& model, const RepairConfig& config);

/// The input channels that the mask drops whole, as int64 indices of those that are kept; undefined
/// if the mask is none of channels. `input`: what enters the operator.
at::Tensor kept_channels(const MaskedOperator& masked, const at::Tensor& input);

}  // namespace actsparse
