#pragma once
// How small a model gets by each level of each group alone.
#include "pipeline/sensitivity_trials.h"
#include "pipeline/small_shares.h"

namespace actsparse {

/// Fills in the shares of each point of `report`, which has the groups of `trials`: measured at two
/// levels of each group, the others lie between.
void measure_sizes(const LevelTrials& trials, const SmallShares& small, const Session& session,
                   SensitivityReport& report);

}  // namespace actsparse
