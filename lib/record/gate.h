#pragma once
// What a masked layer's input goes through.
#include <optional>
#include <variant>

#include "record/tensors.h"

namespace actsparse {

/// input * mask. Dense, in the input's dtype; as mask_fn shaped it (with features one per feature).
struct ConstantMask {
  TensorOrList mask;
};

/// input * (|input| * factors > threshold), number by number: it looks at its input.
struct ThresholdGate {
  at::Tensor threshold;     ///< 0-d, in the input's dtype
  at::Tensor factors = {};  ///< likewise, of its channels: broadcasts to it; undefined: none
  /// Share of the numbers of the calibration that it sets to 0; nothing: not known.
  std::optional<double> dropped = {};
};

using Gate = std::variant<ConstantMask, ThresholdGate>;

/// The mask of a constant gate.
inline const TensorOrList& mask_of(const Gate& gate) { return std::get<ConstantMask>(gate).mask; }

}  // namespace actsparse
