#pragma once
// Ranks share the groups of a sensitivity: each tries some of them on all batches, so that what
// comes of it is the same with any number of ranks.
#include "pipeline/search_data.h"
#include "pipeline/sensitivity_trials.h"
#include "pipeline/small_shares.h"

namespace actsparse {

/// What a rank does by itself: no other rank is waited for, but rank 0 still hears how far it is,
/// and Error(Interrupted) is thrown when another one fails.
RunOptions on_its_own(const RunOptions& options);

/// calibrate_all() of all batches by each rank: merged grams would be equal to rounding only. Only
/// rank 0 has checkpoints, named after `output`, and resumes.
Calibration calibrate_alone(const Config& config, const RunOptions& options,
                            const std::filesystem::path& output);

/// judge_levels() alone and measure_sizes() by all ranks of options.group, which all call it; rank
/// 0 fills in all of `report`, the others their own groups. `known`, of rank 0: `report` is
/// complete, nothing is tried. Rank 0 needs nothing more of the others then. Throws
/// judge_levels()'s errors, and Error(Interrupted) if a rank fails.
void judge_levels_together(const LevelTrials& trials, const PreparedJob& job, const Config& config,
                           SearchPart part, const SmallShares& small, const RunOptions& options,
                           bool known, SensitivityReport& report);

}  // namespace actsparse
