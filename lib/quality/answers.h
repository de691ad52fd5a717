#pragma once
// What classifiers answer at each position, and how a candidate's answers stand to the baseline's.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "quality/kernels.h"
#include "quality/scores.h"

namespace actsparse {

constexpr int64_t few_classes = 5;  ///< those of right_5 and agrees_5

/// One model's answer at one position: the class of its largest score, of equal ones the first.
/// With NaN among the scores it is none, so not right.
struct ClassAnswer {
  bool counts = true;                   ///< false: its label is `ignore`
  bool right = false, right_5 = false;  ///< the label is that class, is among the first five
  Softmax softmax = {};
  double log_denominator = 0;
  double nll = 0;  ///< -log of the softmax at the label
};

/// A batch of the baseline's answers, found once for all candidates.
struct BaselineAnswers {
  Scores scores;
  at::Tensor labels;  ///< as label_rows() returns them, or undefined
  std::vector<ClassAnswer> answers;
};
BaselineAnswers baseline_answers(Scores scores, const at::Tensor& labels,
                                 const std::optional<int64_t>& ignore);

/// A candidate's answer beside the baseline's.
struct Comparison {
  ClassAnswer candidate;
  bool agrees = false;    ///< both have the same class
  bool agrees_5 = false;  ///< the baseline's is among the candidate's first five
  double divergence = 0;  ///< Kullback-Leibler, baseline || candidate, natural logarithm
};
/// Compares with ATen's threads, then calls `take` for one position after the other, but for those
/// that do not count. `candidate` has the baseline's shape; float32 or float64 each.
using TakeComparison = std::function<void(int64_t position, const Comparison&)>;
void compare_answers(const BaselineAnswers& baseline, const Scores& candidate,
                     const TakeComparison& take);

}  // namespace actsparse
