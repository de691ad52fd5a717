#pragma once
// The section of how the batches were run.
#include <nlohmann/json.hpp>
#include <string>

#include "record/run.h"
#include "report/table.h"

namespace actsparse {

/// What became of run.precision: the trial of the fast clone, if there was one.
struct PrecisionReport : FastTrial {
  std::string requested = "exact", ran = "exact";  ///< "exact" or "fast"
};

nlohmann::ordered_json to_json(const PrecisionReport& precision);
/// Throws nlohmann::json::exception.
void from_json(const nlohmann::ordered_json& part, PrecisionReport& precision);
/// Nothing where exact was asked for.
Rows rows(const PrecisionReport& precision);

}  // namespace actsparse
