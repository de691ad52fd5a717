#include "pipeline/level_sizes.h"

namespace actsparse {
namespace {

// Between (0, 1), (a, at_a) and (b, at_b): on a parabola, as costs are products of at most two
// counts of channels; in straight lines where that would rise: a layer may pick its inputs from
// some level on only.
double between(double a, double at_a, double b, double at_b, double x) {
  const auto line = [x](double from, double at_from, double to, double at_to) {
    return to == from ? at_to : at_from + (at_to - at_from) * (x - from) / (to - from);
  };
  if (b == 0) return 1;
  if (a == b || a == 0) return line(0, 1, b, at_b);
  const double slope_a = (at_a - 1) / a, slope_b = (at_b - 1) / b;
  const double bend = (slope_b - slope_a) / (b - a);
  const double at_start = slope_a - bend * a, at_end = slope_a + bend * (2 * b - a);
  if (at_start > 0 || at_end > 0) return x < a ? line(0, 1, a, at_a) : line(a, at_a, b, at_b);
  return 1 + x * (slope_a + bend * (x - a));
}

void measure(const SmallShares& small, const Session& session,
             const std::vector<LayerRecord>& layers, const TrialGroup& trial,
             SensitivityGroup& group) {
  const size_t last = trial.levels.size() - 1, middle = last / 2;
  const Shares at_last = small.of(masked_model(session, layers, trial.levels[last]));
  const Shares at_middle =
      middle == last ? at_last : small.of(masked_model(session, layers, trial.levels[middle]));
  const double a = group.points[middle].sparsity, b = group.points[last].sparsity;
  for (const auto share : {&Shares::macs, &Shares::parameters, &Shares::time})
    for (auto& point : group.points)
      if (at_last.*share && at_middle.*share)
        point.*share = between(a, *(at_middle.*share), b, *(at_last.*share), point.sparsity);
}

}  // namespace

void measure_sizes(const LevelTrials& trials, const SmallShares& small, const Session& session,
                   SensitivityReport& report) {
  for (size_t i = 0; i < trials.groups.size(); ++i)
    measure(small, session, trials.layers, trials.groups[i], report.groups[i]);
}

}  // namespace actsparse
