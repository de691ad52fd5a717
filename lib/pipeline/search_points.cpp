#include "pipeline/search_points.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "search/allocate.h"

namespace actsparse {
namespace {

constexpr double kRuinous = 1e100;    // a loss that is not finite
constexpr int kCorrections = 12;      // of savings that do not add up
constexpr double kCloseness = 0.005;  // of what remains, to the budget
constexpr double kFrontierStep = 0.05;

// By how much more remains than may, of the kind where that is most.
double excess(const SearchPoint& point, const Remains& remains) {
  double most = -1;
  for (const auto& [what, share] : remains) most = std::max(most, point.left(what) - share);
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
  for (const double first : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    if (kinds == 2)
      all.push_back({first, 1 - first});
    else
      for (const double second : {0.0, 0.5, 1.0})
        all.push_back({first, (1 - first) * second, (1 - first) * (1 - second)});
  }
  return all;
}

}  // namespace

Allocation by_losses(const LossCurves& alone, const std::string& metric, double power) {
  const auto cost = [&alone, metric, power](size_t group, double level) {
    const double loss = std::max(alone.of(group, level, metric).value_or(kRuinous), 0.0);
    return std::isfinite(loss) && loss < kRuinous ? std::pow(loss, power) : kRuinous;
  };
  return {cost, fmt::format("allocated by loss^{:g}", power)};
}

Allocation evenly(const SensitivityReport& alone) {
  const auto cost = [&alone](size_t group, double level) {
    for (const auto& point : alone.groups[group].points)
      if (point.level == level) return level * (1 - point.macs.value_or(1));
    return 0.0;
  };
  return {cost, "as even as it can be"};
}

Allocation between(const Allocation& a, const std::vector<double>& at_a, const Allocation& b,
                   const std::vector<double>& at_b) {
  const auto scale = [](const Allocation& allocation, const std::vector<double>& levels) {
    double sum = 0;
    for (size_t i = 0; i < levels.size(); ++i) sum += allocation.cost(i, levels[i]);
    return sum > 0 ? 1 / sum : 1;
  };
  const auto cost = [a, b, of_a = scale(a, at_a), of_b = scale(b, at_b)](size_t group,
                                                                         double level) {
    return of_a * a.cost(group, level) + of_b * b.cost(group, level);
  };
  return {cost, "between " + a.note + " and " + b.note};
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

SearchPoint SearchPoints::made(std::vector<double> levels, const Allocation& allocation) const {
  SearchPoint point;
  point.levels = std::move(levels);
  point.predicted = alone_.predicted(point.levels, sensitivity_.metric);
  point.note = allocation.note;
  static_cast<Shares&>(point) = small_.of(masked(point));
  return point;
}

bool SearchPoints::is_within(const SearchPoint& point, const Remains& remains) {
  return std::all_of(remains.begin(), remains.end(), [&](const auto& bound) {
    return point.left(bound.first) <= bound.second + 1e-9;
  });
}

SearchPoint SearchPoints::within(const Remains& remains, const Allocation& allocation) const {
  std::optional<SearchPoint> best;
  for (const auto& weights : weights_for(remains.size()))
    correct(remains, weights, allocation, best);
  return *best;
}

struct SearchPoints::Choices {
  std::vector<std::vector<Option>> options;
  std::vector<std::vector<double>> levels;

  void add(double level, double cost, double saved) {
    options.back().push_back({cost, saved});
    levels.back().push_back(level);
  }

  std::vector<double> levels_of(const std::vector<size_t>& chosen) const {
    std::vector<double> found;
    for (size_t i = 0; i < chosen.size(); ++i) found.push_back(levels[i][chosen[i]]);
    return found;
  }
};

void SearchPoints::correct(const Remains& remains, const std::vector<double>& weights,
                           const Allocation& allocation, std::optional<SearchPoint>& best) const {
  const Choices choices = choices_of(remains, weights, allocation);
  double needed = 0, further = kCloseness;
  for (size_t kind = 0; kind < remains.size(); ++kind)
    needed += weights[kind] * (1 - remains[kind].second);
  std::vector<double> last;
  double off = 0;
  for (int round = 0; round < kCorrections; ++round) {
    std::vector<double> levels = choices.levels_of(allocate(choices.options, needed));
    if (levels == last) {  // a step between levels: what is asked for must go beyond it
      if (off <= 0) return;
      needed += further;
      further *= 2;
      continue;
    }
    last = levels;
    SearchPoint point = made(std::move(levels), allocation);
    off = excess(point, remains);
    if (!best || is_nearer(point, *best, remains)) best = std::move(point);
    if (off <= 0 && off > -kCloseness) return;
    needed += off > 0 ? off + kCloseness / 2 : 0.8 * off;
  }
}

SearchPoints::Choices SearchPoints::choices_of(const Remains& remains,
                                               const std::vector<double>& weights,
                                               const Allocation& allocation) const {
  Choices choices;
  for (size_t group = 0; group < sensitivity_.groups.size(); ++group) {
    choices.options.emplace_back();
    choices.levels.emplace_back();
    choices.add(0, allocation.cost(group, 0), 0);
    for (const auto& point : sensitivity_.groups[group].points) {
      double saved = 0;
      for (size_t kind = 0; kind < remains.size(); ++kind)
        saved += weights[kind] * (1 - point.left(remains[kind].first));
      choices.add(point.level, allocation.cost(group, point.level), saved);
    }
  }
  return choices;
}

std::vector<std::pair<double, double>> SearchPoints::frontier() const {
  const auto& metric = sensitivity_.metric;
  const Choices choices = choices_of({{"macs", 0}}, {1}, by_losses(alone_, metric, 1));
  std::vector<std::pair<double, double>> found = {{1, 0}};
  for (double needed = kFrontierStep; needed < 1; needed += kFrontierStep) {
    const auto chosen = allocate(choices.options, needed);
    double left = 1;
    for (size_t i = 0; i < chosen.size(); ++i) left -= choices.options[i][chosen[i]].saved;
    if (left > 1 - needed + kCloseness) break;  // all that can be saved is
    found.emplace_back(left, alone_.predicted(choices.levels_of(chosen), metric));
  }
  return found;
}

}  // namespace actsparse
