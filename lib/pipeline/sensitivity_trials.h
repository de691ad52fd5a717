#pragma once
// What sensitivity and search have in common: groups of layers of a calibrated job, their masks at
// several levels, and what each costs alone.
#include <memory>
#include <vector>

#include "pipeline/calibration.h"
#include "quality/evaluation.h"
#include "report/sensitivity_report.h"

namespace actsparse {

/// What answers are judged by while levels are tried: config.search's data, labels and metric.
EvaluateConfig search_evaluation(const Config& config);

/// Fills in groups with their points, left, not_tried, metric, data and counts of `report`: each
/// group of layers that have a level is masked alone, at each of config.search's levels, with
/// config.repair's method. `batch` is what small models are measured on. Throws Error(Config) if no
/// layer has a level, or if the metric is not one that the answers have; Error(Interrupted).
void try_levels(const Calibration& calibration, const Config& config, const TrialBatch& batch,
                const RunOptions& options, SensitivityReport& report);

}  // namespace actsparse
