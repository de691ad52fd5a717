#pragma once
// A repaired model without its masks, for those who put them elsewhere.
#include <torch/csrc/jit/api/module.h>

#include "model/session.h"

namespace actsparse {

/// A copy of `masked`, with its modules, that multiplies with no mask buffer; mask buffers that
/// nothing else reads are gone. Same layers and parameters. Throws Error(Model) if it cannot be
/// made one graph.
torch::jit::Module remove_masks(const Session& masked);

}  // namespace actsparse
