#pragma once
// The section of what the written model was checked for.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "report/table.h"

namespace actsparse {

/// Masks that are in the weights: checked by the model's outputs alone.
struct FoldedLayers {
  int64_t layers = 0;
  double difference = 0;  ///< largest relative one to the outputs of the model that multiplies
  double tolerance = 0;   ///< that was allowed
};

/// Only what was verified is in it: without a section nothing was.
struct VerificationReport {
  int64_t layers = 0;  ///< that see input * mask bit for bit
  int64_t calls = 0;   ///< of these layers, which were compared
  std::string input;   ///< what it was run on: "calibration batch" or "random values"
  std::optional<FoldedLayers> folded = {};
};

nlohmann::ordered_json to_json(const VerificationReport& verification);
/// Throws nlohmann::json::exception.
void from_json(const nlohmann::ordered_json& part, VerificationReport& verification);
Rows rows(const VerificationReport& verification);

}  // namespace actsparse
