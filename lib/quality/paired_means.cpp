#include "quality/paired_means.h"

#include <algorithm>
#include <cmath>

#include "quality/intervals.h"

namespace actsparse {
namespace {

struct Moments {
  double mean, variance;
};

struct PairedMoments {
  Moments baseline, candidate;
  double difference_variance;
};

PairedMoments moments(const Tally& tally, int64_t first, int64_t n) {
  const auto sum = [&](int64_t cell) { return tally.sums.value(first + cell); };
  const auto of = [&](int64_t cell) {
    return Moments{static_cast<double>(sum(cell) / n), variance(sum(cell), sum(cell + 1), n)};
  };
  return {of(0), of(2), variance(sum(2) - sum(0), sum(4), n)};
}

std::optional<Interval> interval_of(const Moments& moments, int64_t n) {
  if (n < 2) return std::nullopt;
  return normal(moments.mean, moments.variance, n);
}

std::optional<Interval> exp_of(const std::optional<Interval>& interval) {
  if (!interval) return std::nullopt;
  return Interval{std::exp(interval->low), std::exp(interval->high)};
}

// Of a (mean of candidate) - b (mean of baseline); the covariance follows from the difference's
// variance.
double variance_of_weighted(const PairedMoments& both, double a, double b) {
  return std::max(0.0, a * (a - b) * both.candidate.variance +
                           b * (b - a) * both.baseline.variance + a * b * both.difference_variance);
}

}  // namespace

void PairedSums::add(double b, double c) {
  baseline += b;
  baseline_squares += b * b;
  candidate += c;
  candidate_squares += c * c;
  difference_squares += (c - b) * (c - b);
}

void add(const PairedSums& sums, int64_t first, Tally& tally) {
  tally.add(first, sums.baseline);
  tally.add(first + 1, sums.baseline_squares);
  tally.add(first + 2, sums.candidate);
  tally.add(first + 3, sums.candidate_squares);
  tally.add(first + 4, sums.difference_squares);
}

Metric candidate_mean(const Tally& tally, int64_t first, int64_t n, const std::string& name) {
  const auto candidate = moments(tally, first, n).candidate;
  return {name, "", candidate.mean, interval_of(candidate, n), n, {}, {}, {}, {}};
}

Metric paired_mean(const Tally& tally, int64_t first, int64_t n, const std::string& name,
                   Better better) {
  const auto both = moments(tally, first, n);
  const double rise = both.candidate.mean - both.baseline.mean;
  const double drop = better == Better::Less ? rise : -rise;
  return {name,
          "",
          both.candidate.mean,
          interval_of(both.candidate, n),
          n,
          both.baseline.mean,
          drop,
          interval_of(both.baseline, n),
          interval_of({drop, both.difference_variance}, n)};
}

Metric paired_exp_mean(const Tally& tally, int64_t first, int64_t n, const std::string& name) {
  const auto both = moments(tally, first, n);
  const double baseline = std::exp(both.baseline.mean), candidate = std::exp(both.candidate.mean);
  const double spread = variance_of_weighted(both, candidate, baseline);
  return {name,
          "",
          candidate,
          exp_of(interval_of(both.candidate, n)),
          n,
          baseline,
          candidate - baseline,
          exp_of(interval_of(both.baseline, n)),
          interval_of({candidate - baseline, spread}, n)};
}

}  // namespace actsparse
