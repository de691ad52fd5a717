#pragma once
// Branches that depend on nothing but how many axes a tensor has, as those of interpolate() do.
#include <vector>

#include "compact/flat_model.h"
#include "compact/trace.h"

namespace actsparse {

/// trace() of the model after such branches have been replaced by what is run of them: channels are
/// found for these numbers of axes alone. Other branches stay, with operators that have no rule.
Trace decide_branches(FlatModel& model, const std::vector<std::vector<c10::IValue>>& batches);

}  // namespace actsparse
