#include "quality/class_metrics.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "quality/intervals.h"
#include "quality/kernels.h"
#include "quality/paired_means.h"

namespace actsparse {
namespace {

constexpr int64_t kFive = 5;

// Right answers are counted of the baseline, of the candidate, and where both are right.
enum ClassCount {
  kSamplesLabelled,
  kPositions,
  kAgreeing,
  kRight,
  kSamples5 = kRight + 3,  // of more than five classes, as all below
  kPositions5,
  kAgreeing5,
  kRight5,
  kClassCounts = kRight5 + 3
};
constexpr int64_t kDivergence = 0, kNll = paired_sums, kClassSums = 2 * paired_sums;

// A candidate's answer beside the baseline's.
struct Comparison {
  ClassAnswer candidate;
  bool agrees = false, agrees_5 = false;
  double divergence = 0;
};

template <class Body>
void for_each_row(int64_t rows, int64_t classes, const Body& body) {
  at::parallel_for(0, rows, std::max<int64_t>(1, 16384 / classes), [&](int64_t i, int64_t end) {
    for (; i < end; ++i) body(i);
  });
}

// ---- rows ----

template <class T>
bool among_first_five(const T* row, int64_t classes, int64_t first, int64_t wanted) {
  return first >= 0 && (first == wanted || rank_of(row, classes, wanted) < kFive);
}

template <class T>
void compare_with_label(const T* row, int64_t classes, int64_t label, ClassAnswer& answer) {
  answer.right = answer.first == label;
  answer.right_5 = among_first_five(row, classes, answer.first, label);
  answer.nll = std::log(answer.denominator) - (static_cast<double>(row[label]) - answer.largest);
}

template <class T>
void find_answers(BaselineAnswers& baseline, const std::optional<int64_t>& ignore) {
  const int64_t classes = baseline.scores.rows.size(1);
  const T* rows = baseline.scores.rows.data_ptr<T>();
  const int64_t* labels = baseline.labels.defined() ? baseline.labels.data_ptr<int64_t>() : nullptr;
  for_each_row(baseline.scores.rows.size(0), classes, [&](int64_t i) {
    auto& answer = baseline.answers[static_cast<size_t>(i)];
    answer.counts = labels == nullptr || labels[i] != ignore;
    if (!answer.counts) return;
    const T* row = rows + i * classes;
    const auto peak = find_peak(row, classes);
    answer.first = peak.first;
    answer.largest = peak.largest;
    answer.denominator = sum_exp(row, classes, peak.largest);
    if (labels != nullptr) compare_with_label(row, classes, labels[i], answer);
  });
}

template <class T>
Comparison compare_rows(const T* row, const ClassAnswer& baseline, const T* candidate, int64_t classes) {
  Comparison found;
  const auto peak = find_peak(candidate, classes);
  const auto sums = divergence_sums(row, baseline.largest, candidate, peak.largest, classes);
  found.candidate.first = peak.first;
  found.candidate.largest = peak.largest;
  found.candidate.denominator = sums.candidate;
  if (baseline.first >= 0) {
    found.agrees = peak.first == baseline.first;
    found.agrees_5 = among_first_five(candidate, classes, peak.first, baseline.first);
  }
  const double divergence = sums.weighted / baseline.denominator + std::log(sums.candidate) -
                            std::log(baseline.denominator);
  found.divergence = divergence < 0 ? 0 : divergence;  // rounding; NaN stays
  return found;
}

// Of the rows from `begin` on.
template <class T>
void compare(const BaselineAnswers& baseline, const T* rows, const T* candidate_rows, int64_t begin,
             std::vector<Comparison>& found) {
  const int64_t classes = baseline.scores.rows.size(1);
  const int64_t* labels = baseline.labels.defined() ? baseline.labels.data_ptr<int64_t>() : nullptr;
  for_each_row(static_cast<int64_t>(found.size()), classes, [&](int64_t i) {
    const int64_t at = begin + i;
    const auto& answer = baseline.answers[static_cast<size_t>(at)];
    if (!answer.counts) return;
    const T* row = candidate_rows + at * classes;
    auto& comparison = found[static_cast<size_t>(i)];
    comparison = compare_rows(rows + at * classes, answer, row, classes);
    if (labels != nullptr) compare_with_label(row, classes, labels[at], comparison.candidate);
  });
}

// ---- counts and sums ----

void count_right(bool baseline, bool candidate, size_t first, Tally& tally) {
  tally.counts[first] += baseline ? 1 : 0;
  tally.counts[first + 1] += candidate ? 1 : 0;
  tally.counts[first + 2] += baseline && candidate ? 1 : 0;
}

void count(const ClassAnswer& baseline, const Comparison& found, bool labelled, bool many,
           Tally& tally) {
  tally.counts[kPositions] += 1;
  tally.counts[kAgreeing] += found.agrees ? 1 : 0;
  tally.counts[kPositions5] += many ? 1 : 0;
  tally.counts[kAgreeing5] += many && found.agrees_5 ? 1 : 0;
  if (labelled) count_right(baseline.right, found.candidate.right, kRight, tally);
  if (labelled && many) count_right(baseline.right_5, found.candidate.right_5, kRight5, tally);
}

// Adds up what was found at the positions of a sample, in their order.
class Samples {
 public:
  Samples(const BaselineAnswers& baseline, Tally& tally)
      : baseline_(baseline),
        tally_(tally),
        size_(static_cast<int64_t>(baseline.answers.size()) / baseline.scores.samples) {}

  void take(int64_t position, const Comparison& found) {
    const auto& answer = baseline_.answers[static_cast<size_t>(position)];
    if (answer.counts) {
      count(answer, found, baseline_.labels.defined(), baseline_.scores.rows.size(1) > kFive,
            tally_);
      divergence_.add(0, found.divergence);
      nll_.add(answer.nll, found.candidate.nll);
    }
    if ((position + 1) % size_ == 0) end_sample();
  }

 private:
  void end_sample() {
    add(divergence_, kDivergence, tally_);
    add(nll_, kNll, tally_);
    divergence_ = nll_ = {};
  }

  const BaselineAnswers& baseline_;
  Tally& tally_;
  int64_t size_;
  PairedSums divergence_, nll_;
};

// A few thousand rows at a time, so that what is found of them stays in the cache.
template <class T>
void add_rows(const BaselineAnswers& baseline, const at::Tensor& rows, const at::Tensor& candidate,
              Tally& tally) {
  Samples samples(baseline, tally);
  const int64_t end = rows.size(0);
  for (int64_t begin = 0; begin < end; begin += 4096) {
    std::vector<Comparison> found(static_cast<size_t>(std::min<int64_t>(4096, end - begin)));
    compare(baseline, rows.data_ptr<T>(), candidate.data_ptr<T>(), begin, found);
    for (size_t i = 0; i < found.size(); ++i)
      samples.take(begin + static_cast<int64_t>(i), found[i]);
  }
}

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

BaselineAnswers baseline_answers(Scores scores, const at::Tensor& labels,
                                 const std::optional<int64_t>& ignore) {
  BaselineAnswers baseline{std::move(scores), labels, {}};
  baseline.answers.resize(static_cast<size_t>(baseline.scores.rows.size(0)));
  if (baseline.scores.rows.scalar_type() == at::kFloat)
    find_answers<float>(baseline, ignore);
  else
    find_answers<double>(baseline, ignore);
  return baseline;
}

Tally class_tally() { return Tally({kClassCounts, 0, kClassSums}); }

void add_answers(const BaselineAnswers& baseline, const Scores& candidate, Tally& tally) {
  const int64_t samples = baseline.scores.samples;
  tally.counts[kSamplesLabelled] += baseline.labels.defined() ? samples : 0;
  tally.counts[kSamples5] += candidate.rows.size(1) > kFive ? samples : 0;
  if (baseline.answers.empty()) return;
  const auto& rows = baseline.scores.rows;
  if (rows.scalar_type() == at::kFloat && candidate.rows.scalar_type() == at::kFloat)
    add_rows<float>(baseline, rows, candidate.rows, tally);
  else
    add_rows<double>(baseline, rows.to(at::kDouble), candidate.rows.to(at::kDouble), tally);
}

std::vector<Metric> class_metrics(const Tally& tally, const std::string& output) {
  const auto& counts = tally.counts;
  const int64_t n = counts[kPositions], n5 = counts[kPositions5];
  const bool labelled = counts[kSamplesLabelled] > 0, many = counts[kSamples5] > 0;
  std::vector<Metric> metrics = {rate("agreement", counts[kAgreeing], n)};
  if (many) metrics.push_back(rate("agreement_5", counts[kAgreeing5], n5));
  metrics.push_back(candidate_mean(tally, kDivergence, n, "kl"));
  if (labelled) metrics.push_back(paired_rate("accuracy", &counts[kRight], n));
  if (labelled && many) metrics.push_back(paired_rate("accuracy_5", &counts[kRight5], n5));
  if (labelled) metrics.push_back(paired_mean(tally, kNll, n, "nll", Better::Less));
  if (labelled) metrics.push_back(paired_exp_mean(tally, kNll, n, "perplexity"));
  for (auto& metric : metrics) metric.output = output;
  return metrics;
}

}  // namespace actsparse
