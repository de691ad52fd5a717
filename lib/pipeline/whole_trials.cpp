#include "pipeline/whole_trials.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/error.h"
#include "base/stopwatch.h"
#include "pipeline/examination.h"
#include "quality/gates.h"
#include "repair/repair.h"

namespace actsparse {
namespace {

double towards(double value, const std::optional<Interval>& interval, double Interval::*end) {
  return interval ? (value + (*interval).*end) / 2 : value;
}

// What is chosen among several is luckier on the data that chose it than elsewhere: bounds are to
// hold a standard error (half of the interval's half) away from what was measured.
bool holds(const std::vector<GateConfig>& gates, const std::vector<Metric>& measured) {
  std::vector<Metric> low = measured, high = measured;
  for (auto& metric : low) metric.value = towards(metric.value, metric.interval, &Interval::low);
  for (auto& metric : high) {
    metric.value = towards(metric.value, metric.interval, &Interval::high);
    if (metric.drop) metric.drop = towards(*metric.drop, metric.drop_interval, &Interval::high);
  }
  const auto all_passed = [](const std::vector<GateResult>& results) {
    return std::all_of(results.begin(), results.end(),
                       [](const GateResult& result) { return result.passed; });
  };
  return std::all_of(gates.begin(), gates.end(), [&](const GateConfig& gate) {
    GateConfig least = gate, most = gate;
    least.max = least.max_drop = std::nullopt;
    most.min = std::nullopt;
    return all_passed(check_gates({least}, low)) && all_passed(check_gates({most}, high));
  });
}

}  // namespace

void WholeTrials::measure(SearchPoint& point) const {
  const auto known = checkpoint_.measured(point.levels);
  if (known) {
    point.measured = *known;
  } else {
    point.measured = measured(repaired(point));
    checkpoint_.note(point);
  }
  point.meets = SearchPoints::is_within(point, config_.search.remains) &&
                holds(config_.search.holds, point.measured);
  spdlog::info("tried {}: macs {:.3f}, {}", point.note, point.macs.value_or(1),
               point.meets ? "within the budget" : "not within the budget");
}

Session WholeTrials::repaired(const SearchPoint& point) const {
  Session candidate = job_.session.with(points_.masked(point));
  RepairConfig settings = config_.repair;
  settings.tune.reset();
  if (!settings.is_on()) return candidate;
  RepairOptions asked{settings, main_output(config_.output).parent_path(), {}, {}, {}};
  asked.progress = [&, stopwatch = Stopwatch()](size_t done, size_t all, const std::string& layer) {
    if (options_.progress)
      options_.progress({static_cast<int64_t>(done), static_cast<int64_t>(all), 0,
                         stopwatch.seconds(), "layers", layer});
    if (options_.is_interrupted())
      throw Error(ErrorKind::Interrupted, "interrupted while a model was repaired");
  };
  const auto data = open_batches(settings.data ? *settings.data : config_.data);
  return candidate.with(repair(candidate, *data, asked).module);
}

std::vector<Metric> WholeTrials::measured(const Session& candidate) const {
  Examination examination(search_evaluation(config_), job_.sparsifier.functions(), {"candidate"});
  examination.run({"unmasked", job_.session}, {{"candidate", candidate}},
                  open_search_data(config_, SearchPart::Tried), options_);
  return examination.report().candidates.front().judgement.metrics;
}

}  // namespace actsparse
