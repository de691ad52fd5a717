#pragma once
// The model that a masked one was made of, to compare speed with.
#include "model/session.h"

namespace actsparse {

/// One graph without the multiplications by the buffers `activation_mask` and by gates. `masked` is
/// left untouched. Throws Error(Model) as flatten() does.
Session without_masks(const Session& masked);

}  // namespace actsparse
