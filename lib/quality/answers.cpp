#include "quality/answers.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace actsparse {
namespace {

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
         (softmax.first >= 0 && rank_of(at_position<T>(scores, position), scores.classes,
                                        scores.stride, wanted) < few_classes);
}

template <class T>
void compare_with_label(const Scores& scores, int64_t position, int64_t label,
                        ClassAnswer& answer) {
  const auto& softmax = answer.softmax;
  const double score = at_position<T>(scores, position)[label * scores.stride];
  answer.right = softmax.first == label;
  answer.right_5 = among_first_five<T>(scores, position, softmax, label);
  answer.nll = answer.log_denominator - (score - softmax.largest);
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
      answer.log_denominator = std::log(answer.softmax.denominator);
      answer.counts = labels == nullptr || labels[i] != ignore;
      if (labels != nullptr && answer.counts) compare_with_label<T>(scores, i, labels[i], answer);
    }
  });
}

double divergence_of(double weighted, const ClassAnswer& baseline, const ClassAnswer& candidate) {
  const double divergence = weighted / baseline.softmax.denominator + candidate.log_denominator -
                            baseline.log_denominator;
  return divergence < 0 ? 0 : divergence;  // by rounding; NaN stays
}

template <class T>
Comparison compare(const Scores& candidate, int64_t position, const ClassAnswer& baseline,
                   const Softmax& softmax, const int64_t* label) {
  Comparison found;
  found.candidate.softmax = softmax;
  found.candidate.log_denominator = std::log(softmax.denominator);
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
      comparison.divergence = divergence_of(weighted[i], answers[i], comparison.candidate);
    }
  });
}

// A few thousand positions at a time, so that what is found of them stays in the cache. `scores`
// are the baseline's.
template <class T>
void compare_all(const BaselineAnswers& baseline, const Scores& scores, const Scores& candidate,
                 const TakeComparison& take) {
  for (int64_t begin = 0; begin < scores.positions; begin += 4096) {
    const auto size = std::min<int64_t>(4096, scores.positions - begin);
    std::vector<Comparison> found(static_cast<size_t>(size));
    compare<T>(baseline, scores, candidate, begin, found);
    for (int64_t i = 0; i < size; ++i)
      if (baseline.answers[static_cast<size_t>(begin + i)].counts)
        take(begin + i, found[static_cast<size_t>(i)]);
  }
}

bool is_float(const Scores& scores) { return scores.values.scalar_type() == at::kFloat; }

Scores as_double(Scores scores) {
  scores.values = scores.values.to(at::kDouble);
  return scores;
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

void compare_answers(const BaselineAnswers& baseline, const Scores& candidate,
                     const TakeComparison& take) {
  if (is_float(baseline.scores) && is_float(candidate))
    compare_all<float>(baseline, baseline.scores, candidate, take);
  else
    compare_all<double>(baseline, as_double(baseline.scores), as_double(candidate), take);
}

}  // namespace actsparse
