#pragma once
// What was measured of groups alone, as JSON with nothing left out, for another process.
#include "report/json_fields.h"
#include "report/sensitivity_report.h"

namespace actsparse {

/// All but what level_trials() finds, and times.
OrderedJson record_of(const SensitivityReport& report);
/// Fills in the same; `report` has the groups with their levels. Throws nlohmann::json::exception.
void from_record(const OrderedJson& record, SensitivityReport& report);

}  // namespace actsparse
