#include "page/number_text.h"

#include <cmath>
#include <cstdio>

#include "base/memory.h"
#include "config/evaluate_config.h"

namespace actsparse {
namespace {

constexpr const char* kNothing = "-";

std::string formatted(const char* format, int digits, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, digits, value);
  return text;
}

}  // namespace

std::string percent_text(std::optional<double> share, int digits) {
  if (!share) return kNothing;
  return formatted("%.*f", digits, 100 * *share) + " %";
}

std::string plain_text(std::optional<double> value) {
  return value ? formatted("%.*g", 4, *value) : kNothing;
}

std::string count_text(std::optional<double> count) {
  if (!count) return kNothing;
  double left = *count;
  const char* unit = "";
  for (const char* next : {" k", " M", " G", " T"}) {
    if (std::abs(left) < 1e4 && *unit == '\0') break;
    if (std::abs(left) < 1e3) break;
    left /= 1e3;
    unit = next;
  }
  return *unit == '\0' ? formatted("%.*g", 6, left) : formatted("%.*f", 1, left) + unit;
}

std::string size_text(std::optional<double> bytes) {
  if (!bytes || !(std::abs(*bytes) < 1e18)) return kNothing;
  return bytes_text(static_cast<int64_t>(*bytes));
}

std::string seconds_text(std::optional<double> seconds) {
  if (!seconds) return kNothing;
  return *seconds < 1 ? formatted("%.*g", 3, 1e3 * *seconds) + " ms"
                      : formatted("%.*f", 1, *seconds) + " s";
}

std::string metric_value_text(const std::string& metric, std::optional<double> value) {
  const auto* built_in = find_built_in_metric(metric);
  return built_in != nullptr && built_in->is_rate ? percent_text(value, 2) : plain_text(value);
}

}  // namespace actsparse
