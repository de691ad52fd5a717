#pragma once
// A metric as JSON with nothing left out, for another process that goes on from it.
#include "quality/metric.h"
#include "report/json_fields.h"

namespace actsparse {

OrderedJson record_of(const std::vector<Metric>& metrics);
/// The same metrics, bit for bit. Throws nlohmann::json::exception.
std::vector<Metric> metrics_of_record(const OrderedJson& record);

}  // namespace actsparse
