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

/// Scores of the masked model before or after a stage of its repair.
struct StageScores {
  std::string stage;                                         ///< "masked", the method, "tuned"
  std::vector<std::pair<std::string, double>> metrics = {};  ///< by name
};

struct RepairReport {
  std::string method;
  std::vector<RepairedLayer> layers;
  std::vector<LeftLayer> left;  ///< and why
  int64_t batches = 0, held_out = 0;
  std::optional<TunedModel> tuned;
  std::vector<StageScores> stages;  ///< in their order; empty: none could be judged
  double seconds = 0;               ///< in the report's timing
};

nlohmann::ordered_json to_json(const RepairedLayer& layer);
nlohmann::ordered_json to_json(const TunedModel& tuned);
/// Throw nlohmann::json::exception.
void from_json(const nlohmann::ordered_json& part, RepairedLayer& layer);
void from_json(const nlohmann::ordered_json& part, TunedModel& tuned);

nlohmann::ordered_json to_json(const RepairReport& repair);
/// Throws nlohmann::json::exception.
void from_json(const nlohmann::ordered_json& part, RepairReport& repair);
Rows rows(const RepairReport& repair);

nlohmann::ordered_json repair_timing_json(const RepairReport& repair);
void repair_timing_from_json(const nlohmann::ordered_json& part, RepairReport& repair);

}  // namespace actsparse
