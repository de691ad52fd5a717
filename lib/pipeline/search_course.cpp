#include "pipeline/search_course.h"

#include <algorithm>

#include "pipeline/search_descent.h"

namespace actsparse {
namespace {

// False if it was tried before.
bool try_point(SearchPoint point, const WholeTrials& whole, SearchReport& report) {
  const bool is_known =
      std::any_of(report.points.begin(), report.points.end(),
                  [&](const SearchPoint& other) { return other.levels == point.levels; });
  if (is_known) return false;
  whole.measure(point);
  report.points.push_back(std::move(point));
  return true;
}

void choose(const Config& config, SearchReport& report) {
  const bool saves = config.search.remains.empty();  // as much as quality allows
  const auto rank = [&](const SearchPoint& point) {
    const double loss = measured_loss(point, report.sensitivity.metric);
    return saves && point.meets ? point.macs.value_or(1) : loss;
  };
  report.chosen.reset();
  for (size_t i = 0; i < report.points.size(); ++i) {
    const SearchPoint& point = report.points[i];
    if (!report.chosen) {
      report.chosen = i;
      continue;
    }
    const SearchPoint& best = report.points[*report.chosen];
    if (point.meets != best.meets ? point.meets : rank(point) < rank(best)) report.chosen = i;
  }
}

// Allocations by what was measured of groups alone: losses do not add up, and nobody knows how far
// they are from it, so that two ways are tried, and the better one again with less trust in it.
void search_within(const Config& config, const SearchPoints& points, const WholeTrials& whole,
                   SearchReport& report) {
  const auto& remains = config.search.remains;
  const std::string& metric = report.sensitivity.metric;
  const std::vector<Allocation> trusting = {by_losses(points.alone(), metric, 1),
                                            by_losses(points.alone(), metric, 0.5)};
  for (const auto& allocation : trusting)
    try_point(points.within(remains, allocation), whole, report);
  choose(config, report);
  const SearchPoint& better = report.points[*report.chosen];
  const Allocation even = evenly(report.sensitivity);
  const Allocation careful =
      between(trusting[*report.chosen], better.levels, even, points.within(remains, even).levels);
  try_point(points.within(remains, careful), whole, report);
}

}  // namespace

Error nothing_saves() {
  return {ErrorKind::Check,
          "search.budget: nothing that could be masked saves anything; 'actsparse inspect MODEL -c "
          "CONFIG --groups' says which channels stay, and why"};
}

void search_points(const Config& config, const SearchPoints& points, const WholeTrials& whole,
                   SearchReport& report) {
  if (config.search.remains.empty())
    search_least(config, points, whole, report);
  else
    search_within(config, points, whole, report);
  choose(config, report);
  if (!report.chosen) throw nothing_saves();
}

}  // namespace actsparse
