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
enum Count {
  kSamplesLabelled,
  kPositions,
  kAgreeing,
  kRight,
  kSamples5 = kRight + 3,  // of more than five classes, as all below
  kPositions5,
  kAgreeing5,
  kRight5,
  kCounts = kRight5 + 3
};
constexpr int64_t kDivergence = 0, kNll = paired_sums, kSums = 2 * paired_sums;

// A candidate's answer beside the baseline's.
struct Comparison {
  Answer candidate;
  bool agrees = false, agrees_5 = false;
  double divergence = 0;
};

// ---- positions ----

constexpr int64_t kBlock = 64;  // positions that are looked at together

template <class T>
const T* at_position(const Scores& scores, int64_t position) {
  return scores.values.data_ptr<T>() + position / scores.stride * scores.classes * scores.stride +
         position % scores.stride;
}

template <class T>
ScoreBlock<T> block_at(const Scores& scores, int64_t position, int64_t count) {
  return {at_position<T>(scores, position), scores.classes, scores.stride, count};
}

// Blocks from `begin` to `end`, none beyond where positions lie evenly apart.
template <class Body>
void for_each_block(const Scores& scores, int64_t begin, int64_t end, const Body& body) {
  const int64_t grain = std::max<int64_t>(1, 16384 / scores.classes);
  at::parallel_for(begin, end, grain, [&](int64_t i, int64_t stop) {
    while (i < stop) {
      int64_t count = std::min(kBlock, stop - i);
      if (scores.stride > 1) count = std::min(count, scores.stride - i % scores.stride);
      body(i, count);
      i += count;
    }
  });
}

template <class T>
bool among_first_five(const Scores& scores, int64_t position, const Softmax& softmax,
                      int64_t wanted) {
  return softmax.first == wanted ||
         (softmax.first >= 0 &&
          rank_of(at_position<T>(scores, position), scores.classes, scores.stride, wanted) < kFive);
}

template <class T>
void compare_with_label(const Scores& scores, int64_t position, int64_t label, Answer& answer) {
  const auto& softmax = answer.softmax;
  const double score = at_position<T>(scores, position)[label * scores.stride];
  answer.right = softmax.first == label;
  answer.right_5 = among_first_five<T>(scores, position, softmax, label);
  answer.nll = std::log(softmax.denominator) - (score - softmax.largest);
}

const int64_t* labels_of(const BaselineAnswers& baseline) {
  return baseline.labels.defined() ? baseline.labels.data_ptr<int64_t>() : nullptr;
}

template <class T>
void find_answers(BaselineAnswers& baseline, const std::optional<int64_t>& ignore) {
  const auto& scores = baseline.scores;
  const auto* labels = labels_of(baseline);
  for_each_block(scores, 0, scores.positions, [&](int64_t begin, int64_t count) {
    Softmax softmaxes[kBlock];
    find_softmaxes(block_at<T>(scores, begin, count), softmaxes);
    for (int64_t i = begin; i < begin + count; ++i) {
      auto& answer = baseline.answers[static_cast<size_t>(i)];
      answer.softmax = softmaxes[i - begin];
      answer.counts = labels == nullptr || labels[i] != ignore;
      if (labels != nullptr && answer.counts) compare_with_label<T>(scores, i, labels[i], answer);
    }
  });
}

double divergence_of(double weighted, const Softmax& baseline, const Softmax& candidate) {
  const double divergence = weighted / baseline.denominator + std::log(candidate.denominator) -
                            std::log(baseline.denominator);
  return divergence < 0 ? 0 : divergence;  // by rounding; NaN stays
}

template <class T>
Comparison compare(const Scores& candidate, int64_t position, const Answer& baseline,
                   const Softmax& softmax, const int64_t* label) {
  Comparison found;
  found.candidate.softmax = softmax;
  const int64_t first = baseline.softmax.first;
  found.agrees = first >= 0 && softmax.first == first;
  found.agrees_5 = first >= 0 && among_first_five<T>(candidate, position, softmax, first);
  if (label != nullptr) compare_with_label<T>(candidate, position, *label, found.candidate);
  return found;
}

// The positions from `begin` on.
template <class T>
void compare(const BaselineAnswers& baseline, const Scores& scores, const Scores& candidate,
             int64_t begin, std::vector<Comparison>& found) {
  const auto* labels = labels_of(baseline);
  const int64_t end = begin + static_cast<int64_t>(found.size());
  for_each_block(scores, begin, end, [&](int64_t from, int64_t count) {
    Softmax softmaxes[kBlock], of_baseline[kBlock];
    double weighted[kBlock];
    const auto* answers = baseline.answers.data() + from;
    for (int64_t i = 0; i < count; ++i) of_baseline[i] = answers[i].softmax;
    find_softmaxes(block_at<T>(candidate, from, count), softmaxes);
    find_divergences(block_at<T>(scores, from, count), of_baseline,
                     block_at<T>(candidate, from, count), softmaxes, weighted);
    for (int64_t i = 0; i < count; ++i) {
      if (!answers[i].counts) continue;
      const auto* label = labels == nullptr ? nullptr : labels + from + i;
      auto& comparison = found[static_cast<size_t>(from - begin + i)];
      comparison = compare<T>(candidate, from + i, answers[i], softmaxes[i], label);
      comparison.divergence = divergence_of(weighted[i], of_baseline[i], softmaxes[i]);
    }
  });
}

// ---- counts and sums ----

void count_right(bool baseline, bool candidate, size_t first, Tally& tally) {
  tally.counts[first] += baseline ? 1 : 0;
  tally.counts[first + 1] += candidate ? 1 : 0;
  tally.counts[first + 2] += baseline && candidate ? 1 : 0;
}

void count(const Answer& baseline, const Comparison& found, bool labelled, bool many,
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
      count(answer, found, baseline_.labels.defined(), baseline_.scores.classes > kFive, tally_);
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

// A few thousand positions at a time, so that what is found of them stays in the cache. `scores`
// are the baseline's.
template <class T>
void add_positions(const BaselineAnswers& baseline, const Scores& scores, const Scores& candidate,
                   Tally& tally) {
  Samples samples(baseline, tally);
  for (int64_t begin = 0; begin < scores.positions; begin += 4096) {
    const auto size = std::min<int64_t>(4096, scores.positions - begin);
    std::vector<Comparison> found(static_cast<size_t>(size));
    compare<T>(baseline, scores, candidate, begin, found);
    for (int64_t i = 0; i < size; ++i) samples.take(begin + i, found[static_cast<size_t>(i)]);
  }
}

bool is_float(const Scores& scores) { return scores.values.scalar_type() == at::kFloat; }

Scores as_double(Scores scores) {
  scores.values = scores.values.to(at::kDouble);
  return scores;
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
  baseline.answers.resize(static_cast<size_t>(baseline.scores.positions));
  if (is_float(baseline.scores))
    find_answers<float>(baseline, ignore);
  else
    find_answers<double>(baseline, ignore);
  return baseline;
}

Tally class_tally() { return Tally({kCounts, 0, kSums}); }

void add_answers(const BaselineAnswers& baseline, const Scores& candidate, Tally& tally) {
  const auto& scores = baseline.scores;
  tally.counts[kSamplesLabelled] += baseline.labels.defined() ? scores.samples : 0;
  tally.counts[kSamples5] += scores.classes > kFive ? scores.samples : 0;
  if (scores.positions == 0) return;
  if (is_float(scores) && is_float(candidate))
    add_positions<float>(baseline, scores, candidate, tally);
  else
    add_positions<double>(baseline, as_double(scores), as_double(candidate), tally);
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
