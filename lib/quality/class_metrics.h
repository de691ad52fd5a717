#pragma once
// What becomes of a classifier's answers: the same classes as the baseline's, the right ones.
#include <string>
#include <vector>

#include "quality/answers.h"
#include "quality/metric.h"
#include "quality/scores.h"
#include "quality/tally.h"

namespace actsparse {

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
