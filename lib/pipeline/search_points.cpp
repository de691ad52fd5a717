#include "pipeline/search_points.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "search/allocate.h"

namespace actsparse {
namespace {

using Remains = std::vector<std::pair<std::string, double>>;

constexpr double kRuinous = 1e100;    // a loss that is not finite
constexpr int kCorrections = 12;      // of savings that do not add up
constexpr double kCloseness = 0.005;  // of what remains, to the budget

std::optional<double> share_of(const std::string& what, const std::optional<double>& macs,
                               const std::optional<double>& parameters) {
  return what == "macs" ? macs : parameters;
}

double share_left(const SearchPoint& point, const std::string& what) {
  return share_of(what, point.macs, point.parameters).value_or(1);
}

// By how much more remains than may, of the kind where that is most.
double excess(const SearchPoint& point, const Remains& remains) {
  double most = -1;
  for (const auto& [what, share] : remains) most = std::max(most, share_left(point, what) - share);
  return most;
}

// Whether the first is the better one: within the budget, or less beyond it; then with less loss.
bool is_nearer(const SearchPoint& a, const SearchPoint& b, const Remains& remains) {
  const bool fits = SearchPoints::is_within(a, remains);
  if (fits != SearchPoints::is_within(b, remains)) return fits;
  return fits ? a.predicted < b.predicted : excess(a, remains) < excess(b, remains);
}

// The budgets' kinds weighed in several ways: one way alone may leave one of them unmet.
std::vector<std::vector<double>> weights_for(size_t kinds) {
  if (kinds < 2) return {std::vector<double>(kinds, 1)};
  std::vector<std::vector<double>> all;
  for (const double first : {0.0, 0.25, 0.5, 0.75, 1.0}) all.push_back({first, 1 - first});
  return all;
}

}  // namespace

double loss_of(const Metric& metric) {
  if (metric.drop) return *metric.drop;
  const std::string& name = metric.name;
  if (name == "agreement" || name == "agreement_5" || name == "cosine") return 1 - metric.value;
  return name == "snr_db" ? std::pow(10, -metric.value / 20) : metric.value;
}

Masks SearchPoints::masks_of(const std::vector<double>& levels) const {
  Masks masks;
  for (size_t i = 0; i < levels.size(); ++i) {
    const auto& points = sensitivity_.groups[i].points;
    for (size_t level = 0; level < points.size(); ++level)
      if (points[level].level == levels[i])
        masks.insert(trials_.groups[i].levels[level].begin(),
                     trials_.groups[i].levels[level].end());
  }
  return masks;
}

torch::jit::Module SearchPoints::masked(const SearchPoint& point) const {
  return masked_model(session_, trials_.layers, masks_of(point.levels));
}

double SearchPoints::predicted(const std::vector<double>& levels, const std::string& metric) const {
  double sum = 0;
  for (size_t i = 0; i < levels.size(); ++i)
    for (const auto& point : sensitivity_.groups[i].points) {
      if (point.level != levels[i]) continue;
      const Metric* const measured = metric_of(point, metric);
      sum += measured == nullptr ? std::nan("") : loss_of(*measured);
    }
  return sum;
}

SearchPoint SearchPoints::made(std::vector<double> levels, const std::string& note) const {
  SearchPoint point;
  point.levels = std::move(levels);
  point.predicted = predicted(point.levels, sensitivity_.metric);
  point.note = note;
  if (const auto shares = small_.of(masked(point))) {
    point.macs = shares->macs;
    point.parameters = shares->parameters;
  }
  return point;
}

bool SearchPoints::is_within(const SearchPoint& point, const Remains& remains) {
  return std::all_of(remains.begin(), remains.end(), [&](const auto& bound) {
    return share_left(point, bound.first) <= bound.second + 1e-9;
  });
}

SearchPoint SearchPoints::within(const Remains& remains, double power) const {
  std::optional<SearchPoint> best;
  for (const auto& weights : weights_for(remains.size())) correct(remains, weights, power, best);
  return *best;
}

void SearchPoints::correct(const Remains& remains, const std::vector<double>& weights, double power,
                           std::optional<SearchPoint>& best) const {
  const auto options = options_of(remains, weights, power);
  double needed = 0, further = kCloseness;
  for (size_t kind = 0; kind < remains.size(); ++kind)
    needed += weights[kind] * (1 - remains[kind].second);
  std::vector<double> last;
  double off = 0;
  for (int round = 0; round < kCorrections; ++round) {
    std::vector<double> levels = levels_of(allocate(options, needed));
    if (levels == last) {  // a step between levels: what is asked for must go beyond it
      if (off <= 0) return;
      needed += further;
      further *= 2;
      continue;
    }
    last = levels;
    SearchPoint point = made(std::move(levels), fmt::format("allocated by loss^{:g}", power));
    off = excess(point, remains);
    if (!best || is_nearer(point, *best, remains)) best = std::move(point);
    if (off <= 0 && off > -kCloseness) return;
    needed += off > 0 ? off + kCloseness / 2 : 0.8 * off;
  }
}

std::vector<std::vector<Option>> SearchPoints::options_of(const Remains& remains,
                                                          const std::vector<double>& weights,
                                                          double power) const {
  std::vector<std::vector<Option>> options;
  for (const auto& group : sensitivity_.groups) {
    auto& own = options.emplace_back(1);  // not masked
    for (const auto& point : group.points) {
      double saved = 0;
      for (size_t kind = 0; kind < remains.size(); ++kind)
        saved += weights[kind] *
                 (1 - share_of(remains[kind].first, point.macs, point.parameters).value_or(1));
      const double loss = std::max(loss_of(*metric_of(point, sensitivity_.metric)), 0.0);
      own.push_back({std::isfinite(loss) ? std::pow(loss, power) : kRuinous, saved});
    }
  }
  return options;
}

std::vector<double> SearchPoints::levels_of(const std::vector<size_t>& chosen) const {
  std::vector<double> levels;
  for (size_t i = 0; i < chosen.size(); ++i)
    levels.push_back(chosen[i] == 0 ? 0 : sensitivity_.groups[i].points[chosen[i] - 1].level);
  return levels;
}

std::optional<SearchPoint> SearchPoints::uniform(const Remains& remains) const {
  for (const auto& at : sensitivity_.groups.front().points) {
    SearchPoint point =
        made(std::vector<double>(sensitivity_.groups.size(), at.level), "the same level for all");
    if (is_within(point, remains)) return point;
  }
  return std::nullopt;
}

}  // namespace actsparse
