#include "pipeline/search_descent.h"

#include <algorithm>
#include <cmath>

namespace actsparse {
namespace {

constexpr int kMostTrials = 6;        // of whole models
constexpr int kMostLower = 2;         // of those around the best of them
constexpr double kResolution = 0.01;  // of multiply-accumulates

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

class Descent {
 public:
  Descent(const Config& config, const SearchPoints& points, const WholeTrials& whole,
          SearchReport& report)
      : config_(config),
        points_(points),
        allocation_(by_losses(points.alone(), points.sensitivity().metric, 1)),
        other_(by_losses(points.alone(), points.sensitivity().metric, 0.5)),
        whole_(whole),
        report_(report),
        low_(at(0).macs.value_or(1)) {}

  void run() {
    for (int trial = 0; trial < kMostTrials && high_ - low_ > kResolution; ++trial)
      if (!(trial == 1 ? try_other_way() : try_point(next()))) break;
  }

 private:
  // False if it was tried before.
  bool try_point(SearchPoint point) {
    const auto is_same = [&](const SearchPoint& other) { return other.levels == point.levels; };
    auto& tried = report_.points;
    if (std::any_of(tried.begin(), tried.end(), is_same)) return false;
    whole_.measure(point);
    note_ratio(point);
    const double macs = point.macs.value_or(1);
    if (point.meets)
      high_ = std::min(high_, macs);
    else
      low_ = std::max(low_, macs);
    tried.push_back(std::move(point));
    return true;
  }

  // Keeps as little as the first point, allocated as if what groups lose pointed the same way. The
  // better way is gone on.
  bool try_other_way() {
    const SearchPoint first = report_.points.front();
    std::swap(allocation_, other_);
    SearchPoint point = at(first.macs.value_or(1));
    if (point.levels == first.levels) return true;
    const double low = low_;
    try_point(std::move(point));
    const SearchPoint& other = report_.points.back();
    const std::string& metric = points_.sensitivity().metric;
    if (measured_loss(other, metric) < measured_loss(first, metric)) {
      if (other.meets) low_ = at(0).macs.value_or(1);
    } else {
      std::swap(allocation_, other_);
      low_ = low;
      note_ratio(first);
    }
    return true;
  }

  // The one whose predicted losses, in proportion to what was measured so far, are just allowed;
  // the middle where that leads out of what is still open.
  SearchPoint next() const {
    const double margin = 0.1 * (high_ - low_);
    double low = low_ + margin, high = high_ - margin;
    SearchPoint point = at((low + high) / 2);
    for (int i = 0; i < 6 && high - low > kResolution / 2; ++i) {
      const double middle = (low + high) / 2;
      SearchPoint tried = at(middle);
      const auto is_allowed = allowed(tried);
      if (!is_allowed) return point;
      (*is_allowed ? high : low) = middle;
      if (*is_allowed || i == 0) point = std::move(tried);
    }
    return point;
  }

  SearchPoint at(double macs) const { return points_.within({{"macs", macs}}, allocation_); }

  std::optional<bool> allowed(const SearchPoint& point) const {
    for (const auto& gate : config_.search.holds) {
      const auto most = allowed_loss(gate, report_.sensitivity);
      const double predicted = ratio_ * points_.alone().predicted(point.levels, gate.metric);
      if (!most || std::isnan(predicted)) return std::nullopt;
      if (predicted > *most) return false;
    }
    return true;
  }

  void note_ratio(const SearchPoint& point) {
    const std::string& metric = config_.search.holds.front().metric;
    const double predicted = points_.alone().predicted(point.levels, metric);
    const double ratio = measured_loss(point, metric) / predicted;
    if (std::isfinite(ratio) && ratio > 0) ratio_ = ratio;
  }

  const Config& config_;
  const SearchPoints& points_;
  Allocation allocation_, other_;
  const WholeTrials& whole_;
  SearchReport& report_;
  double low_, high_ = 1;  // shares of multiply-accumulates
  double ratio_ = 1;       // measured to predicted
};

}  // namespace

void search_least(const Config& config, const SearchPoints& points, const WholeTrials& whole,
                  SearchReport& report) {
  Descent(config, points, whole, report).run();
}

}  // namespace actsparse
