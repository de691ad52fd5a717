#include "pipeline/loss_curves.h"

#include <algorithm>
#include <cmath>

namespace actsparse {

double loss_of(const Metric& metric) {
  if (metric.drop) return *metric.drop;
  const std::string& name = metric.name;
  if (name == "agreement" || name == "agreement_5" || name == "cosine") return 1 - metric.value;
  return name == "snr_db" ? std::pow(10, -metric.value / 20) : metric.value;
}

double measured_loss(const SearchPoint& point, const std::string& metric) {
  const auto found = std::find_if(point.measured.begin(), point.measured.end(),
                                  [&](const Metric& each) { return each.name == metric; });
  return found == point.measured.end() ? std::nan("") : loss_of(*found);
}

std::optional<double> LossCurves::of(size_t group, double level, const std::string& metric) const {
  if (level == 0) return 0;
  for (const auto& point : alone_.groups[group].points) {
    const Metric* const measured = metric_of(point, metric);
    if (point.level == level && measured != nullptr) return loss_of(*measured);
  }
  return std::nullopt;
}

double LossCurves::predicted(const std::vector<double>& levels, const std::string& metric) const {
  double sum = 0;
  for (size_t group = 0; group < levels.size(); ++group)
    sum += of(group, levels[group], metric).value_or(std::nan(""));
  return sum;
}

}  // namespace actsparse
