#pragma once
// What tests of this room share: made-up outputs, and figures found in another way.
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "config/function_config.h"
#include "quality/metric.h"

namespace actsparse {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Normal numbers, always the same for a seed.
at::Tensor made_up(at::IntArrayRef sizes, uint64_t seed);
/// Integers from 0 to `classes` - 1; every tenth or so is -1 if `some_ignored`.
at::Tensor made_up_labels(at::IntArrayRef sizes, int64_t classes, uint64_t seed, bool some_ignored);

c10::IValue tuple_of(std::vector<c10::IValue> values);

/// An entry of `evaluate.metrics`: the first.
FunctionConfig asked_for(const std::string& metric);

/// The test fails if there is no such metric, or two.
Metric metric_of(const std::vector<Metric>& metrics, const std::string& name);
std::vector<std::string> names_of(const std::vector<Metric>& metrics);

/// Bit for bit; NaN equals NaN.
bool same_metrics(const std::vector<Metric>& a, const std::vector<Metric>& b);

/// |a - b| <= tolerance |b|, or both NaN.
inline bool is_near(double a, double b, double tolerance = 1e-12) {
  return a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= tolerance * std::fabs(b);
}

}  // namespace actsparse
