#include "quality/class_metrics.h"

#include <cmath>
#include <limits>

#include "quality/intervals.h"
#include "quality/paired_means.h"

namespace actsparse {
namespace {

// Right answers are counted of the baseline, of the candidate, and where both are right.
enum ClassCount {
  SamplesLabelled,
  Positions,
  Agreeing,
  Right,
  Samples5 = Right + 3,  // of more than five classes, as all below
  Positions5,
  Agreeing5,
  Right5,
  AllClassCounts = Right5 + 3
};
constexpr int64_t kDivergence = 0, kNll = paired_sums, kClassSums = 2 * paired_sums;

// ---- counts and sums ----

void count_right(bool baseline, bool candidate, size_t first, Tally& tally) {
  tally.counts[first] += baseline ? 1 : 0;
  tally.counts[first + 1] += candidate ? 1 : 0;
  tally.counts[first + 2] += baseline && candidate ? 1 : 0;
}

void count(const ClassAnswer& baseline, const Comparison& found, bool labelled, bool many,
           Tally& tally) {
  tally.counts[Positions] += 1;
  tally.counts[Agreeing] += found.agrees ? 1 : 0;
  tally.counts[Positions5] += many ? 1 : 0;
  tally.counts[Agreeing5] += many && found.agrees_5 ? 1 : 0;
  if (labelled) count_right(baseline.right, found.candidate.right, Right, tally);
  if (labelled && many) count_right(baseline.right_5, found.candidate.right_5, Right5, tally);
}

// Adds up what was found at the positions of a sample, in their order, and takes samples into a
// tally.
class SampleSums {
 public:
  SampleSums(int64_t positions, Tally& tally) : tally_(tally), positions_(positions) {}

  void add(int64_t position, double divergence, double baseline_nll, double candidate_nll) {
    if (position / positions_ != sample_) end_sample();
    sample_ = position / positions_;
    divergence_.add(0, divergence);
    nll_.add(baseline_nll, candidate_nll);
  }
  void end_sample() {
    actsparse::add(divergence_, kDivergence, tally_);
    actsparse::add(nll_, kNll, tally_);
    divergence_ = nll_ = {};
  }

 private:
  Tally& tally_;
  int64_t positions_, sample_ = 0;
  PairedSums divergence_, nll_;
};

// ---- metrics ----

double share(int64_t hits, int64_t n) {
  return n == 0 ? std::numeric_limits<double>::quiet_NaN()
                : static_cast<double>(hits) / static_cast<double>(n);
}

std::optional<Interval> rate_interval(int64_t hits, int64_t n) {
  if (n == 0) return std::nullopt;
  return wilson(hits, n);
}

Metric rate(const char* name, int64_t hits, int64_t n) {
  return {name, "", share(hits, n), rate_interval(hits, n), n, {}, {}, {}, {}};
}

Metric paired_rate(const char* name, const int64_t* right, int64_t n) {
  auto metric = rate(name, right[1], n);
  metric.baseline = share(right[0], n);
  metric.baseline_interval = rate_interval(right[0], n);
  metric.drop = share(right[0] - right[1], n);
  if (n > 0) metric.drop_interval = paired_difference({n, right[0], right[1], right[2]});
  return metric;
}

}  // namespace

Tally class_tally() { return Tally({AllClassCounts, 0, kClassSums}); }

void add_answers(const BaselineAnswers& baseline, const Scores& candidate, Tally& tally) {
  const auto& scores = baseline.scores;
  tally.counts[SamplesLabelled] += baseline.labels.defined() ? scores.samples : 0;
  tally.counts[Samples5] += scores.classes > few_classes ? scores.samples : 0;
  if (scores.positions == 0) return;
  SampleSums samples(scores.positions / scores.samples, tally);
  compare_answers(baseline, candidate, [&](int64_t position, const Comparison& found) {
    const auto& answer = baseline.answers[static_cast<size_t>(position)];
    count(answer, found, baseline.labels.defined(), scores.classes > few_classes, tally);
    samples.add(position, found.divergence, answer.nll, found.candidate.nll);
  });
  samples.end_sample();
}

std::vector<Metric> class_metrics(const Tally& tally, const std::string& output) {
  const auto& counts = tally.counts;
  const int64_t n = counts[Positions], n5 = counts[Positions5];
  const bool labelled = counts[SamplesLabelled] > 0, many = counts[Samples5] > 0;
  std::vector<Metric> metrics = {rate("agreement", counts[Agreeing], n)};
  if (many) metrics.push_back(rate("agreement_5", counts[Agreeing5], n5));
  metrics.push_back(candidate_mean(tally, kDivergence, n, "kl"));
  if (labelled) metrics.push_back(paired_rate("accuracy", &counts[Right], n));
  if (labelled && many) metrics.push_back(paired_rate("accuracy_5", &counts[Right5], n5));
  if (labelled) metrics.push_back(paired_mean(tally, kNll, n, "nll", Better::Less));
  if (labelled) metrics.push_back(paired_exp_mean(tally, kNll, n, "perplexity"));
  for (auto& metric : metrics) metric.output = output;
  return metrics;
}

}  // namespace actsparse
