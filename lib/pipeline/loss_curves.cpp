#include "pipeline/loss_curves.h"

#include <cmath>

namespace actsparse {

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
