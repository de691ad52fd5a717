#pragma once
// Repeats in the code and the tensors of a model's modules what was changed in its flat graph.
#include "compact/conflicts.h"
#include "compact/flat_model.h"
#include "compact/numbered_model.h"

namespace actsparse {

/// `model`'s modules with `changes`, of which conflicts() must have found none: named tensors are
/// replaced where they stand, all else is changed in the methods' code. Mask buffers that nothing
/// reads any more are removed. `model` is used up: its modules become the result.
torch::jit::Module change_modules(NumberedModel& model, const FlatModel& flat,
                                  const Changes& changes);

}  // namespace actsparse
