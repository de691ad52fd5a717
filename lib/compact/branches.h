#pragma once
// Decides branches like `if x.dim() == 4`, of which interpolate() is full: whoever compacts a model
// knows how many axes its inputs have.
#include <vector>

#include "compact/flat_model.h"
#include "compact/trace.h"

namespace actsparse {

/// Replaces each such branch by the side that `batches` take, and returns the trace() of the model
/// as it is then: it holds for inputs with these numbers of axes alone. All other branches stay;
/// they have no rule, so that what they read is kept.
Trace decide_branches(FlatModel& model, const std::vector<std::vector<c10::IValue>>& batches);

}  // namespace actsparse
