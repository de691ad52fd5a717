#pragma once
// What sensitivity and search have in common: groups of layers of a calibrated job, and their masks
// at several levels.
#include <map>
#include <string>
#include <vector>

#include "pipeline/calibration.h"
#include "repair/group_trials.h"
#include "report/sensitivity_report.h"

namespace actsparse {

using Masks = std::map<std::string, at::Tensor>;  ///< by FQN

/// Layers with a level, and the groups that they are in, with the groups' masks at all levels.
struct LevelTrials {
  std::vector<LayerRecord> layers;
  std::vector<TrialGroup> groups;
};

/// Fills in the groups of `report`, with levels and sparsities, and not_tried: groups of all layers
/// that have a level. Throws Error(Config) if none has.
LevelTrials level_trials(const Calibration& calibration, const Config& config,
                         SensitivityReport& report);

/// A copy of the session's model in which those of `layers` that `masks` has are masked.
torch::jit::Module masked_model(const Session& session, const std::vector<LayerRecord>& layers,
                                const Masks& masks);

}  // namespace actsparse
