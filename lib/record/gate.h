#pragma once
// What a masked layer's input goes through.
#include <variant>

#include "record/tensors.h"

namespace actsparse {

/// input * mask. Dense, in the input's dtype; as mask_fn shaped it (with features one per feature).
struct ConstantMask {
  TensorOrList mask;
};

/// Today always a constant; one that looks at its input would be another alternative, and each
/// place that has to know it a std::visit.
using Gate = std::variant<ConstantMask>;

/// The mask of a constant gate.
inline const TensorOrList& mask_of(const Gate& gate) { return std::get<ConstantMask>(gate).mask; }

}  // namespace actsparse
