#pragma once
// The section of what repair did to each layer.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "repair/repaired_layer.h"
#include "repair/tuned_model.h"
#include "report/table.h"

namespace actsparse {

struct RepairReport {
  std::string method;
  std::vector<RepairedLayer> layers;
  std::vector<LeftLayer> left;  ///< and why
  int64_t batches = 0, held_out = 0;
  std::optional<TunedModel> tuned;
  double seconds = 0;  ///< in the report's timing
};

nlohmann::ordered_json to_json(const RepairReport& repair);
/// Throws nlohmann::json::exception.
void from_json(const nlohmann::ordered_json& part, RepairReport& repair);
Rows rows(const RepairReport& repair);

nlohmann::ordered_json repair_timing_json(const RepairReport& repair);
void repair_timing_from_json(const nlohmann::ordered_json& part, RepairReport& repair);

}  // namespace actsparse
