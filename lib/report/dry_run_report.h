#pragma once
// The section of a dry run: what the whole run will take, by its first batch.
#include <cstdint>
#include <nlohmann/json.hpp>

#include "report/table.h"

namespace actsparse {

struct DryRun {
  int64_t batches = 0, samples = 0;  ///< of the whole data; samples 0 if not countable
  double estimated_seconds = 0;      ///< loading, and all batches like the first
  int64_t aggregate_bytes = 0;       ///< memory of the aggregates
  int64_t repair_bytes = 0;          ///< memory of what repair solves at once; 0: none is asked for
  int64_t model_bytes = 0, state_bytes = 0, small_bytes = 0;  ///< of the files; 0: not asked for
};

nlohmann::ordered_json to_json(const DryRun& dry_run);
/// Throws nlohmann::json::exception.
void from_json(const nlohmann::ordered_json& part, DryRun& dry_run);
Rows rows(const DryRun& dry_run);

}  // namespace actsparse
