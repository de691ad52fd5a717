#include "quality/error_metrics.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "quality/made_up.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

Tally errors_of(const at::Tensor& baseline, const at::Tensor& candidate) {
  auto tally = error_tally();
  add_errors(baseline, candidate, tally);
  return tally;
}

double value_of(const at::Tensor& baseline, const at::Tensor& candidate, const char* name) {
  return metric_of(error_metrics(errors_of(baseline, candidate), "x"), name).value;
}

long double length_of(const at::Tensor& x) {
  long double sum = 0;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const long double element = x.view({-1})[i].item<double>();
    sum += element * element;
  }
  return std::sqrt(sum);
}

long double product_of(const at::Tensor& x, const at::Tensor& y) {
  long double sum = 0;
  for (int64_t i = 0; i < x.numel(); ++i)
    sum +=
        static_cast<long double>(x.view({-1})[i].item<double>()) * y.view({-1})[i].item<double>();
  return sum;
}

}  // namespace

TEST_CASE("Errors are those of long double", "[quality]") {
  const auto b = made_up({6, 5, 7}, 1), c = b + 0.1 * made_up({6, 5, 7}, 2);
  const auto difference = c.to(at::kDouble) - b.to(at::kDouble);
  const long double relative = length_of(difference) / length_of(b);
  long double cosines = 0;
  for (int64_t i = 0; i < 6; ++i)
    cosines += product_of(b[i], c[i]) / length_of(b[i]) / length_of(c[i]);
  CHECK(is_near(value_of(b, c, "relative_error"), static_cast<double>(relative)));
  CHECK(is_near(value_of(b, c, "cosine"), static_cast<double>(cosines / 6)));
  CHECK(value_of(b, c, "max_error") == difference.abs().max().item<double>());
  CHECK(is_near(value_of(b, c, "snr_db"), static_cast<double>(-20 * std::log10(relative))));
}

TEST_CASE("A cosine's interval is that of its mean", "[quality]") {
  const auto b = made_up({400, 3}, 1), c = b + made_up({400, 3}, 2);
  const auto cosine = metric_of(error_metrics(errors_of(b, c), "x"), "cosine");
  const auto values = (b * c).sum(1) / b.norm(2, 1) / c.norm(2, 1);
  const double half = 1.959964 * values.to(at::kDouble).std().item<double>() / 20;
  REQUIRE(cosine.interval);
  CHECK(cosine.n == 400);
  CHECK(cosine.interval->high - cosine.value == Approx(half).epsilon(1e-4));
}

TEST_CASE("Equal outputs have no error", "[quality]") {
  const auto x = made_up({3, 4}, 1);
  CHECK(value_of(x, x, "relative_error") == 0);
  CHECK(value_of(x, x, "max_error") == 0);
  CHECK(value_of(x, x, "cosine") == Approx(1));
  CHECK(value_of(x, x, "snr_db") == kInfinity);
}

TEST_CASE("Outputs of zeros alone have defined errors", "[quality]") {
  const auto zero = at::zeros({3, 4}), one = at::ones({3, 4});
  CHECK(value_of(zero, zero, "relative_error") == 0);
  CHECK(value_of(zero, zero, "cosine") == 1);
  CHECK(value_of(zero, one, "relative_error") == kInfinity);
  CHECK(value_of(one, zero, "relative_error") == 1);
  CHECK(value_of(one, zero, "cosine") == 0);
}

TEST_CASE("float32 and float64 outputs compare in float64", "[quality]") {
  const auto b = made_up({4, 9}, 1);
  const auto c = b.to(at::kDouble) + 1e-9;
  CHECK(value_of(b, c, "max_error") == Approx(1e-9).epsilon(1e-6));
  CHECK(value_of(c, b, "max_error") == Approx(1e-9).epsilon(1e-6));
}

TEST_CASE("A scalar is one sample, an output of no samples none", "[quality]") {
  CHECK(error_counts(errors_of(at::tensor(2.F), at::tensor(3.F)), "x").samples == 1);
  CHECK(value_of(at::tensor(2.F), at::tensor(3.F), "relative_error") == 0.5);
  for (const auto& shape : {std::vector<int64_t>{0, 4}, {4, 0}}) {
    const auto nothing = errors_of(at::zeros(shape), at::zeros(shape));
    CHECK(error_counts(nothing, "x").elements == 0);
    CHECK(error_counts(nothing, "x").samples == 0);
    for (const auto& metric : error_metrics(nothing, "x")) CHECK(std::isnan(metric.value));
  }
}

TEST_CASE("NaN and infinities are counted, and not averaged away", "[quality]") {
  auto b = made_up({5, 4}, 1), c = b.clone();
  b[1][2] = std::nan("");
  c[3][0] = kInfinity;
  c[3][1] = -kInfinity;
  c[4][0] = std::nan("");
  const auto tally = errors_of(b, c);
  const auto counts = error_counts(tally, "x");
  CHECK(counts.baseline_elements_not_finite == 1);
  CHECK(counts.baseline_samples_not_finite == 1);
  CHECK(counts.candidate_elements_not_finite == 3);
  CHECK(counts.candidate_samples_not_finite == 2);
  for (const auto& metric : error_metrics(tally, "x")) CHECK(std::isnan(metric.value));
}

TEST_CASE("Large finite numbers are not taken for infinities", "[quality]") {
  const auto b = at::full({2, 3}, 1e200, at::kDouble);
  const auto counts = error_counts(errors_of(b, b), "x");
  CHECK(counts.baseline_elements_not_finite == 0);
  CHECK(value_of(b, b, "max_error") == 0);
}

TEST_CASE("Elements of integer and bool outputs that differ are counted", "[quality]") {
  auto tally = difference_tally();
  add_differences(at::tensor({1, 2, 3}), at::tensor({1, 5, 4}), tally);
  add_differences(at::tensor({1, 0}).to(at::kBool), at::tensor({1, 1}).to(at::kBool), tally);
  const auto counts = difference_counts(tally, "x");
  CHECK(counts.elements == 5);
  CHECK(counts.differing == 3);
}
