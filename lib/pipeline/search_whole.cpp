#include "pipeline/search_whole.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "pipeline/examination.h"
#include "quality/gates.h"
#include "repair/repair.h"

namespace actsparse {
namespace {

constexpr double kHopeless = 1.5;     // times the least predicted loss: not worth a trial
constexpr int kMostTrials = 6;        // of whole models, where only quality is bounded
constexpr double kResolution = 0.01;  // of multiply-accumulates, there

const Metric* measured_metric(const SearchPoint& point, const std::string& name) {
  const auto found = std::find_if(point.measured.begin(), point.measured.end(),
                                  [&](const Metric& metric) { return metric.name == name; });
  return found == point.measured.end() ? nullptr : &*found;
}

double measured_loss(const SearchPoint& point, const std::string& metric) {
  const Metric* const measured = measured_metric(point, metric);
  return measured == nullptr ? std::nan("") : loss_of(*measured);
}

// What a bound lets the metric lose; nothing where that is not known.
std::optional<double> allowed_loss(const GateConfig& gate, const SensitivityReport& report) {
  if (gate.max_drop) return gate.max_drop;
  const Metric* const any = metric_of(report.groups.front().points.front(), gate.metric);
  if (any == nullptr) return std::nullopt;
  Metric bound = *any;
  bound.value = gate.min ? *gate.min : *gate.max;
  if (bound.drop && bound.baseline)
    bound.drop = gate.min ? *bound.baseline - bound.value : bound.value - *bound.baseline;
  return loss_of(bound);
}

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

// Looks for the least that may remain where only quality is bounded, between what certainly holds
// (all remains) and what may not.
class Descent {
 public:
  Descent(const Config& config, const SearchPoints& points, const WholeTrials& whole,
          SearchReport& report)
      : config_(config), points_(points), whole_(whole), report_(report) {}

  void run() {
    const SearchPoint least = points_.within({{"macs", 0.0}}, 1);
    low_ = least.macs.value_or(1);
    for (int trial = 0; trial < kMostTrials && high_ - low_ > kResolution; ++trial)
      if (!try_one()) break;
  }

 private:
  bool try_one() {
    SearchPoint point = next();
    const auto is_same = [&](const SearchPoint& other) { return other.levels == point.levels; };
    auto& points = report_.points;
    if (std::any_of(points.begin(), points.end(), is_same)) return false;
    whole_.measure(point);
    note_ratio(point);
    (point.meets ? high_ : low_) = point.macs.value_or(1);
    points.push_back(std::move(point));
    return true;
  }

  // The one whose predicted losses, in proportion to what was measured so far, are just allowed;
  // the middle where that leads out of what is still open.
  SearchPoint next() const {
    const double margin = 0.1 * (high_ - low_);
    double low = low_ + margin, high = high_ - margin;
    SearchPoint point = points_.within({{"macs", (low + high) / 2}}, 1);
    for (int i = 0; i < 6 && high - low > kResolution / 2; ++i) {
      const double middle = (low + high) / 2;
      SearchPoint tried = points_.within({{"macs", middle}}, 1);
      const auto is_allowed = allowed(tried);
      if (!is_allowed) return point;
      (*is_allowed ? high : low) = middle;
      if (*is_allowed || i == 0) point = std::move(tried);
    }
    return point;
  }

  std::optional<bool> allowed(const SearchPoint& point) const {
    for (const auto& gate : config_.search.holds) {
      const auto most = allowed_loss(gate, report_.sensitivity);
      const double predicted = ratio_ * points_.predicted(point.levels, gate.metric);
      if (!most || std::isnan(predicted)) return std::nullopt;
      if (predicted > *most) return false;
    }
    return true;
  }

  void note_ratio(const SearchPoint& point) {
    const std::string& metric = config_.search.holds.front().metric;
    const double predicted = points_.predicted(point.levels, metric);
    const double ratio = measured_loss(point, metric) / predicted;
    if (std::isfinite(ratio) && ratio > 0) ratio_ = ratio;
  }

  const Config& config_;
  const SearchPoints& points_;
  const WholeTrials& whole_;
  SearchReport& report_;
  double low_ = 0, high_ = 1;  // shares of multiply-accumulates
  double ratio_ = 1;           // measured to predicted
};

void add_within_budget(const Config& config, const SearchPoints& points, const WholeTrials& whole,
                       SearchReport& report) {
  const auto& remains = config.search.remains;
  std::vector<SearchPoint> tried = {points.within(remains, 1), points.within(remains, 0.5)};
  auto uniform = points.uniform(remains);
  if (uniform && uniform->predicted < kHopeless * tried.front().predicted)
    tried.push_back(std::move(*uniform));
  for (auto& point : tried) {
    const bool is_known =
        std::any_of(report.points.begin(), report.points.end(),
                    [&](const SearchPoint& other) { return other.levels == point.levels; });
    if (is_known) continue;
    whole.measure(point);
    report.points.push_back(std::move(point));
  }
}

}  // namespace

Error nothing_saves() {
  return {ErrorKind::Check,
          "search.budget: nothing that could be masked saves anything; 'actsparse inspect MODEL -c "
          "CONFIG --groups' says which channels stay, and why"};
}

void WholeTrials::measure(SearchPoint& point) const {
  const auto known = checkpoint_.measured(point.levels);
  point.measured = known ? *known : measured(point);
  if (!known) checkpoint_.note(point);
  point.meets = SearchPoints::is_within(point, config_.search.remains) &&
                holds(config_.search.holds, point.measured);
  spdlog::info("tried {}: macs {:.3f}, {}", point.note, point.macs.value_or(1),
               point.meets ? "within the budget" : "not within the budget");
}

std::vector<Metric> WholeTrials::measured(const SearchPoint& point) const {
  Session candidate = job_.session.with(points_.masked(point));
  RepairConfig settings = config_.repair;
  settings.tune.reset();
  if (settings.is_on()) {
    RepairOptions asked{settings, main_output(config_.output).parent_path(), {}, {}, {}};
    asked.progress = [&](size_t done, size_t all, const std::string& layer) {
      if (options_.progress)
        options_.progress(
            {static_cast<int64_t>(done), static_cast<int64_t>(all), 0, 0, "layers", layer});
      if (options_.is_interrupted())
        throw Error(ErrorKind::Interrupted, "interrupted while a model was repaired");
    };
    const auto data = open_batches(settings.data ? *settings.data : config_.data);
    candidate.model = repair(candidate, *data, asked).module;
  }
  Examination examination(search_evaluation(config_), job_.sparsifier.functions(), {"candidate"});
  examination.run({"unmasked", job_.session}, {{"candidate", candidate}},
                  open_search_data(config_, SearchPart::Tried), options_);
  return examination.report().candidates.front().judgement.metrics;
}

void search_points(const Config& config, const SearchPoints& points, const WholeTrials& whole,
                   SearchReport& report) {
  if (config.search.remains.empty())
    Descent(config, points, whole, report).run();
  else
    add_within_budget(config, points, whole, report);
  const bool saves = config.search.remains.empty();  // as much as quality allows
  const auto rank = [&](const SearchPoint& point) {
    const double loss = measured_loss(point, report.sensitivity.metric);
    return saves && point.meets ? point.macs.value_or(1) : loss;
  };
  for (size_t i = 0; i < report.points.size(); ++i) {
    const SearchPoint& point = report.points[i];
    if (!report.chosen) {
      report.chosen = i;
      continue;
    }
    const SearchPoint& best = report.points[*report.chosen];
    if (point.meets != best.meets ? point.meets : rank(point) < rank(best)) report.chosen = i;
  }
  if (!report.chosen) throw nothing_saves();
}

}  // namespace actsparse
