#pragma once
// The section of the layers: what was asked of each, and what its mask came to be.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "report/table.h"
#include "sparsifier/choose.h"
#include "sparsifier/mask_summary.h"

namespace actsparse {

/// input * (|input| [* factors] > threshold).
struct GateSummary {
  double threshold = 0;
  bool has_factors = false;
  std::optional<double> dropped;  ///< share of what was calibrated on that it sets to 0
};

struct LayerReport {
  std::string name;
  std::string type;
  int64_t calls = 0;
  bool has_features = false;
  std::optional<MaskSummary> mask;  ///< nothing before step()
  std::optional<double> requested;  ///< sparsity asked for, where mask_fn has such a number
  std::vector<std::string> warnings;
  std::optional<GateSummary> gate = {};  ///< in place of a mask where mask_fn is dynamic
};

/// One entry per record; `warnings` are spread over the layers they name.
std::vector<LayerReport> report_layers(const std::vector<LayerRecord>& records,
                                       const std::vector<LayerWarning>& warnings);

nlohmann::ordered_json to_json(const std::vector<LayerReport>& layers);
/// Throws nlohmann::json::exception.
void from_json(const nlohmann::ordered_json& part, std::vector<LayerReport>& layers);
/// The table; warnings are not in it.
Rows rows(const std::vector<LayerReport>& layers);

}  // namespace actsparse
