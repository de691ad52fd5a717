#pragma once
// What sensitivity and search have in common: groups of layers of a calibrated job, their masks at
// several levels, and what each costs alone.
#include <map>
#include <string>
#include <vector>

#include "pipeline/calibration.h"
#include "pipeline/search_data.h"
#include "pipeline/small_shares.h"
#include "repair/group_trials.h"
#include "report/sensitivity_report.h"

namespace actsparse {

using Masks = std::map<std::string, at::Tensor>;  ///< by FQN

/// Layers with a level, and the groups that they are in, with the groups' masks at all levels.
struct LevelTrials {
  std::vector<LayerRecord> layers;
  std::vector<TrialGroup> groups;
};

/// Fills in groups with their points, left, not_tried, metric, data and counts of `report`: each
/// group of layers that have a level is masked alone, at each of config.search's levels, with
/// config.repair's method, and judged on that part of the search's data. Throws Error(Config) if no
/// layer has a level, or if the metric is not one that the answers have; Error(Interrupted).
LevelTrials try_levels(const Calibration& calibration, const Config& config, SearchPart part,
                       const SmallShares& small, const RunOptions& options,
                       SensitivityReport& report);

/// A copy of the session's model in which those of `layers` that `masks` has are masked.
torch::jit::Module masked_model(const Session& session, const std::vector<LayerRecord>& layers,
                                const Masks& masks);

}  // namespace actsparse
