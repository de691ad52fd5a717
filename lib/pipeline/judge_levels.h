#pragma once
// What masking groups of layers costs, each at several levels.
#include "pipeline/search_data.h"
#include "pipeline/sensitivity_trials.h"

namespace actsparse {

/// Fills in what was measured at each point of `report`, which has the groups of `trials`, left,
/// metric, data and counts: each group is masked alone, at each of its levels, with config.repair's
/// method, and judged on that part of the search's data. Throws Error(Config) if the metric is not
/// one that the answers have; Error(Interrupted).
void judge_levels(const LevelTrials& trials, const PreparedJob& job, const Config& config,
                  SearchPart part, const RunOptions& options, SensitivityReport& report);

}  // namespace actsparse
