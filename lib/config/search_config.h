#pragma once
// `search`: how sparsely each group of layers may be kept, and what is to come of it.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/data_config.h"
#include "config/evaluate_config.h"

namespace actsparse {

struct SearchConfig {
  /// Sparsity levels that are tried, 0 < . <= 1, rising.
  std::vector<double> levels = {0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875};
  /// What a mask costs is measured by; empty: "kl" where the answers are classes, else
  /// "relative_error".
  std::string metric;
  std::optional<DataConfig> data;      ///< what it is measured on; nothing: the calibration data
  std::optional<LabelsConfig> labels;  ///< of `data`, or of the calibration data
  /// What may remain: of "macs", "parameters", "time", the share of the unmasked model's, 0 < .
  /// <= 1.
  std::vector<std::pair<std::string, double>> remains;
  std::vector<GateConfig> holds;  ///< what must hold, each metric at most once

  bool limits_time() const {
    return std::any_of(remains.begin(), remains.end(),
                       [](const auto& bound) { return bound.first == "time"; });
  }
};

}  // namespace actsparse
