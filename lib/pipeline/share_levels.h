#pragma once
// Ranks, or shards, share the groups of a sensitivity: each tries some of them on all batches, so
// that what comes of it is the same with any number of them.
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

/// Every `count`-th group of a report, and what was measured of them.
struct LevelShare {
  std::vector<size_t> groups;  ///< their places in the whole report
  SensitivityReport report;    ///< of them only
};

/// judge_levels() alone and measure_sizes() of the groups from the `index`-th on, counted from 0;
/// `report` has all groups. Throws judge_levels()'s errors.
LevelShare judge_share(const LevelTrials& trials, const SensitivityReport& report, int64_t index,
                       int64_t count, const PreparedJob& job, const Config& config, SearchPart part,
                       const SmallShares& small, const RunOptions& options);
/// The same from record_of() of its report. Throws nlohmann::json::exception.
LevelShare known_share(const nlohmann::ordered_json& record, const SensitivityReport& report,
                       int64_t index, int64_t count);
/// Fills it into the whole report.
void take_share(const LevelShare& share, SensitivityReport& report);

/// judge_levels() alone and measure_sizes() by all ranks of options.group, which all call it; rank
/// 0 fills in all of `report`, the others their own groups. `known`, of rank 0: `report` is
/// complete, nothing is tried. Rank 0 needs nothing more of the others then. Throws
/// judge_levels()'s errors, and Error(Interrupted) if a rank fails.
void judge_levels_together(const LevelTrials& trials, const PreparedJob& job, const Config& config,
                           SearchPart part, const SmallShares& small, const RunOptions& options,
                           bool known, SensitivityReport& report);

}  // namespace actsparse
