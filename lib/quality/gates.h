#pragma once
// Bounds that a candidate must keep.
#include <string>
#include <vector>

#include "config/evaluate_config.h"
#include "quality/metric.h"

namespace actsparse {

/// One result per bound and output. NaN passes none; nor does a metric that is not there.
std::vector<GateResult> check_gates(const std::vector<GateConfig>& gates,
                                    const std::vector<Metric>& metrics);

/// "agreement is 0.912, below its minimum of 0.98"
std::string gate_text(const GateResult& gate);

}  // namespace actsparse
