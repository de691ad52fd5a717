#include "statistics/histogram_mixture.h"

#include <ATen/ATen.h>

#include "statistics/kept_histogram.h"
#include "statistics/statistic.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

at::Tensor rows_of(const at::Tensor& x, int64_t bins) {
  const auto statistic = histogram_statistic(x.size(1), bins, {});
  feed(*statistic, x, {true, false});
  return statistic->rows();
}

HistogramMixture mixture(const at::Tensor& x, const at::Tensor& factors, int64_t bins = 4096) {
  return {rows_of(x, bins), factors.to(at::kDouble)};
}

}  // namespace

TEST_CASE("A mixture of one histogram answers as the histogram does", "[statistics]") {
  const at::Tensor rows = rows_of(normal({5000, 1}, 1), 64);
  const HistogramMixture mixture(rows, at::ones({1}, at::kDouble));
  const Histogram histogram = kept_histogram(rows, 0);
  for (const double q : {0.0, 0.1, 0.4, 0.9, 1.0}) {
    CHECK(mixture.quantile(q) == Approx(histogram.quantile(q)).epsilon(1e-12).margin(1e-300));
    CHECK(mixture.share_up_to(mixture.quantile(q)) == Approx(q));
  }
}

TEST_CASE("A mixture's quantiles are those of all elements, each times its factor",
          "[statistics]") {
  const at::Tensor x = normal({20000, 3}, 1) * at::tensor({0.01, 1.0, 30.0});
  const at::Tensor factors = at::tensor({100.0, 0.5, 0.1});
  const auto found = mixture(x, factors);
  const at::Tensor scores = (x.abs() * factors).flatten();
  for (const double q : {0.1, 0.4, 0.5, 0.9, 0.99}) {
    const double expected = at::quantile(scores.to(at::kDouble), q).item<double>();
    CHECK(found.quantile(q) == Approx(expected).margin(0.004));  // a bin of the widest cell
    const double below = scores.le(found.quantile(q)).to(at::kDouble).mean().item<double>();
    CHECK(below == Approx(q).margin(0.002));
    CHECK(found.share_up_to(found.quantile(q)) == Approx(q));
  }
}

TEST_CASE("Cells that are always zero, or that nothing reads, are below every threshold",
          "[statistics]") {
  const at::Tensor x = normal({1000, 3}, 1) * at::tensor({0.0, 1.0, 1.0});
  const auto found = mixture(x, at::tensor({1.0, 0.0, 1.0}));
  CHECK(found.share_up_to(0) == Approx(2.0 / 3));
  CHECK(found.quantile(0.5) == 0);
  CHECK(found.quantile(0.8) > 0);
  CHECK(mixture(at::zeros({5, 2}), at::ones({2})).quantile(0.5) == 0);
}

TEST_CASE("A mixture of nothing, or with NaN, answers NaN", "[statistics]") {
  CHECK(std::isnan(mixture(at::zeros({0, 1}), at::ones({1})).quantile(0.5)));
  const at::Tensor x = at::tensor({1.0, NAN}).view({1, 2});
  CHECK(std::isnan(mixture(x, at::ones({2})).quantile(0.5)));
  CHECK(std::isnan(mixture(x, at::ones({2})).share_up_to(1)));
}

TEST_CASE("Rows that no histogram keeps are refused", "[statistics]") {
  const at::Tensor one = at::ones({1}, at::kDouble);
  const auto refused = [&](const at::Tensor& rows) {
    return error_of([&] { HistogramMixture(rows, one); }).kind();
  };
  CHECK(refused(at::zeros({2, 1}, at::kDouble)) == ErrorKind::State);
  CHECK(refused(at::full({6, 1}, 0.5, at::kDouble)) == ErrorKind::State);
  CHECK(refused(at::zeros({6, 1})) == ErrorKind::State);
}
