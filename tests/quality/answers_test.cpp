#include "quality/answers.h"

#include <ATen/ATen.h>

#include <cmath>

#include "quality/made_up.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

std::vector<int64_t> positions_taken(const BaselineAnswers& baseline, const at::Tensor& candidate) {
  std::vector<int64_t> positions;
  compare_answers(baseline, scores_of(candidate, 1),
                  [&](int64_t position, const Comparison&) { positions.push_back(position); });
  return positions;
}

Comparison compared(const at::Tensor& baseline, const at::Tensor& candidate) {
  Comparison found;
  compare_answers(baseline_answers(scores_of(baseline, 1), {}, {}), scores_of(candidate, 1),
                  [&](int64_t, const Comparison& comparison) { found = comparison; });
  return found;
}

}  // namespace

TEST_CASE("Positions are taken one after the other, but for ignored ones", "[quality]") {
  const auto x = made_up({5000, 3}, 1);
  auto labels = made_up_labels({5000}, 3, 2, false);
  labels[0] = labels[4096] = labels[4999] = -1;
  const auto positions = positions_taken(baseline_answers(scores_of(x, 1), labels, -1), x);
  std::vector<int64_t> wanted;
  for (int64_t i = 0; i < 5000; ++i)
    if (i != 0 && i != 4096 && i != 4999) wanted.push_back(i);
  CHECK(positions == wanted);
}

TEST_CASE("An answer knows its class, whether it is right, and what it costs", "[quality]") {
  const auto scores = at::tensor({0.F, 1.F, 3.F, 1.F, 1.F, 1.F, 1.F}).view({1, 7});
  const auto answer_to = [&](int64_t label) {
    return baseline_answers(scores_of(scores, 1), at::tensor({label}), {}).answers[0];
  };
  CHECK(answer_to(2).softmax.first == 2);
  CHECK(answer_to(2).right);
  CHECK(!answer_to(1).right);
  CHECK(answer_to(5).right_5);   // behind 2, 1, 3, 4
  CHECK(!answer_to(6).right_5);  // as large, but later
  CHECK(answer_to(1).nll ==
        Approx(-std::log(std::exp(1.0) / (1 + 5 * std::exp(1.0) + std::exp(3.0)))));
}

TEST_CASE("A candidate's answer is held against the baseline's class", "[quality]") {
  const auto b = at::tensor({9.F, 0.F, 0.F, 0.F, 0.F, 0.F}).view({1, 6});
  const auto fifth = at::tensor({1.F, 2.F, 3.F, 4.F, 5.F, 0.F}).view({1, 6});
  const auto last = at::tensor({1.F, 2.F, 3.F, 4.F, 5.F, 6.F}).view({1, 6});
  CHECK(compared(b, b).agrees);
  CHECK(compared(b, b).divergence == 0);
  CHECK(!compared(b, fifth).agrees);
  CHECK(compared(b, fifth).agrees_5);
  CHECK(!compared(b, last).agrees_5);
  CHECK(compared(b, last).divergence > 4);
}

TEST_CASE("A baseline of NaN agrees with nothing", "[quality]") {
  const auto nan = at::full({1, 6}, std::nan(""));
  CHECK(!compared(nan, nan).agrees);
  CHECK(!compared(nan, nan).agrees_5);
  CHECK(std::isnan(compared(nan, nan).divergence));
}
