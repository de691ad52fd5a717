#pragma once
// What each group of layers costs alone, level by level: the document of `sensitivity`.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "config/provenance.h"
#include "quality/metric.h"
#include "repair/repaired_layer.h"
#include "report/shares.h"
#include "report/table.h"

namespace actsparse {

/// A group masked at one level, everything else unmasked.
struct SensitivityPoint : Shares {
  double level = 0;             ///< the sparsity that was asked for
  double sparsity = 0;          ///< of the group's masks: what came of it
  std::vector<Metric> metrics;  ///< of the judged output
};

struct SensitivityGroup {
  std::vector<std::string> layers;  ///< masked together
  std::vector<SensitivityPoint> points;
};

struct SensitivityReport {
  Provenance origin;
  std::string metric;           ///< what the tables show
  std::string repair = "none";  ///< the method by which readers of masks were made up for them
  std::string data;             ///< "search.data", "held-out calibration data", "calibration data"
  int64_t batches = 0, samples = 0;  ///< that were judged
  std::vector<SensitivityGroup> groups;
  std::vector<LeftLayer> left;       ///< masked, but not repaired
  std::vector<LeftLayer> not_tried;  ///< layers without a level
  std::vector<std::string> warnings;
  double calibrate_seconds = 0, fit_seconds = 0, judge_seconds = 0, total_seconds = 0;
};

/// "conv1 and 3 more"
std::string group_text(const SensitivityGroup& group);

/// Of the name; null if there is none.
const Metric* metric_of(const SensitivityPoint& point, const std::string& name);

/// The metric over the level, a curve per group.
std::string sensitivity_picture(const SensitivityReport& report);

nlohmann::ordered_json to_json(const SensitivityReport& report);
Rows rows(const SensitivityReport& report);

}  // namespace actsparse
