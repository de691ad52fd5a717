#pragma once

namespace actsparse {

/// How a masked model holds its masks: as buffers that inputs are multiplied by, or, where that is
/// possible (model/mask_weights.h), in the weights.
enum class MaskForm { Buffers, Weights };

}  // namespace actsparse
