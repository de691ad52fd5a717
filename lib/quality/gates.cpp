#include "quality/gates.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <limits>

namespace actsparse {
namespace {

GateResult at_least(const Metric& metric, double limit) {
  return {metric.name, metric.output, "min", limit, metric.value, metric.value >= limit};
}

GateResult at_most(const Metric& metric, const char* kind, double limit, double value) {
  return {metric.name, metric.output, kind, limit, value, value <= limit};
}

void check(const GateConfig& gate, const Metric& metric, std::vector<GateResult>& results) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (gate.min) results.push_back(at_least(metric, *gate.min));
  if (gate.max) results.push_back(at_most(metric, "max", *gate.max, metric.value));
  if (gate.max_drop)
    results.push_back(at_most(metric, "max_drop", *gate.max_drop, metric.drop.value_or(nan)));
}

}  // namespace

std::vector<GateResult> check_gates(const std::vector<GateConfig>& gates,
                                    const std::vector<Metric>& metrics) {
  std::vector<GateResult> results;
  for (const auto& gate : gates) {
    const size_t before = results.size();
    for (const auto& metric : metrics)
      if (metric.name == gate.metric) check(gate, metric, results);
    if (results.size() == before) {
      Metric missing;
      missing.name = gate.metric;
      missing.value = std::numeric_limits<double>::quiet_NaN();
      check(gate, missing, results);
    }
  }
  return results;
}

std::string gate_text(const GateResult& gate) {
  const auto name =
      gate.output.empty() ? gate.metric : fmt::format("{} of '{}'", gate.metric, gate.output);
  const auto what = gate.kind == "max_drop" ? "the drop of " + name : name;
  const char* bound = gate.kind == "min" ? "minimum" : "maximum";
  if (gate.passed)
    return fmt::format("{} is {}, within its {} of {}", what, gate.value, bound, gate.limit);
  const char* side = std::isnan(gate.value) ? "not within" : gate.kind == "min" ? "below" : "above";
  return fmt::format("{} is {}, {} its {} of {}", what, gate.value, side, bound, gate.limit);
}

}  // namespace actsparse
