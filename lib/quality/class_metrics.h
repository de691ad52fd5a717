#pragma once
// What becomes of a classifier's answers: the same classes as the baseline's, the right ones.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quality/kernels.h"
#include "quality/metric.h"
#include "quality/scores.h"
#include "quality/tally.h"

namespace actsparse {

/// One model's answer at one position: the class of its largest score, of equal ones the first.
/// With NaN among the scores it is none, so not right.
struct Answer {
  bool counts = true;                   ///< false: its label is `ignore`
  bool right = false, right_5 = false;  ///< the label is that class, is among the first five
  Softmax softmax = {};
  double nll = 0;  ///< -log of the softmax at the label
};

/// A batch of the baseline's answers, found once for all candidates.
struct BaselineAnswers {
  Scores scores;
  at::Tensor labels;  ///< as label_rows() returns them, or undefined
  std::vector<Answer> answers;
};
BaselineAnswers baseline_answers(Scores scores, const at::Tensor& labels,
                                 const std::optional<int64_t>& ignore);

/// Of one judged output.
Tally class_tally();
/// `candidate` of the same shape as the baseline's.
void add_answers(const BaselineAnswers& baseline, const Scores& candidate, Tally& tally);

/// agreement: the first class is the baseline's. agreement_5: the baseline's first class is among
/// the candidate's first five. kl: Kullback-Leibler divergence of the softmaxes, baseline ||
/// candidate, natural logarithm, mean over positions. Where there are labels: accuracy, accuracy_5,
/// nll (mean of -log softmax at the label) and perplexity = exp(nll), whose intervals are nll's,
/// and of the drop by the delta method. Those of five only over positions with more than five
/// classes.
std::vector<Metric> class_metrics(const Tally& tally, const std::string& output);

}  // namespace actsparse
