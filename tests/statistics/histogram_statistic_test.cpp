#include <ATen/ATen.h>

#include "statistics/statistic.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

at::Tensor answer(const at::Tensor& x, int64_t bins, const HistogramQuestion& question) {
  const auto statistic = histogram_statistic(x.size(1), bins, question);
  feed(*statistic, x, {true, false});
  return statistic->value(static_cast<double>(x.size(0)));
}

}  // namespace

TEST_CASE("A histogram's quantiles are within a bin of the true ones", "[statistics]") {
  const at::Tensor x = normal({20000, 3}, 1) * at::tensor({0.01, 1.0, 300.0});
  for (const double q : {0.1, 0.5, 0.9, 0.99}) {
    const at::Tensor found = answer(x, 4096, {true, q});
    const at::Tensor expected = at::quantile(x.abs().to(at::kDouble), q, 0);
    const at::Tensor width = at::pow(2, at::log2(x.abs().amax(0)).floor() + 1) / 4096;
    CHECK((found - expected).abs().le(width).all().item<bool>());
  }
}

TEST_CASE("A histogram's share above a threshold is within the elements of a bin", "[statistics]") {
  const at::Tensor x = normal({20000, 2}, 2);
  const at::Tensor found = answer(x, 4096, {false, 0.7});
  const at::Tensor expected = x.abs().gt(0.7).to(at::kDouble).mean(0);
  CHECK((found - expected).abs().lt(0.002).all().item<bool>());
}

TEST_CASE("A larger value doubles the range and keeps every count", "[statistics]") {
  const auto statistic = histogram_statistic(1, 4, {true, 1.0});
  for (const double x : {0.0, 0.1, 0.3, 0.9, 5.0, -7.0})
    feed(*statistic, at::full({1, 1}, x), {true, false});
  const at::Tensor rows = statistic->rows();
  CHECK(rows[0].item<double>() == 3);  // up to 8, in bins of 2
  CHECK(rows.narrow(0, 2, 4).flatten().equal(at::tensor({4.0, 0.0, 1.0, 1.0}, at::kDouble)));
}

TEST_CASE("A histogram of zeros answers zero; an empty one, NaN", "[statistics]") {
  CHECK(answer(at::zeros({5, 1}), 16, {true, 0.5}).item<double>() == 0);
  CHECK(std::isnan(answer(at::zeros({0, 1}), 16, {true, 0.5}).item<double>()));
}
