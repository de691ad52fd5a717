#include "repair/least_squares.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

struct Data {
  at::Tensor x, y;  // [groups, features, rows]
  Covariance covariance;
};

Data data(int64_t groups, int64_t inputs, int64_t outputs, int64_t rows, uint64_t seed) {
  const auto x = normal({groups, inputs, rows}, seed).to(at::kDouble) + 0.5;
  const auto y = normal({groups, outputs, rows}, seed + 1).to(at::kDouble);
  Moments moments(groups, inputs, outputs, at::kCPU);
  moments.add(x, y);
  return {x, y, Covariance(moments)};
}

at::Tensor zeros(int64_t groups, int64_t outputs, int64_t inputs) {
  return at::zeros({groups, outputs, inputs}, at::kDouble);
}

// By LAPACK's least squares on the rows themselves, with a column of ones.
at::Tensor solved_rows(const Data& data) {
  const auto x = at::cat({data.x, at::ones_like(data.x.narrow(1, 0, 1))}, 1).transpose(1, 2);
  return std::get<0>(at::linalg_lstsq(x, data.y.transpose(1, 2))).transpose(1, 2);
}

double direct_error(const AffineMap& map, const Data& data) {
  const auto off = data.y - map.weight.bmm(data.x) - map.bias.unsqueeze(2);
  return (off.square().sum().sqrt() / data.y.square().sum().sqrt()).item<double>();
}

}  // namespace

TEST_CASE("without a ridge it is the least squares of the rows", "[repair]") {
  const auto groups = GENERATE(1, 3);
  const Data given = data(groups, 6, 4, 50, 7);
  const Fit found = fit(given.covariance, normal({groups, 4, 6}, 3).to(at::kDouble), 0);
  const auto wanted = solved_rows(given);
  CHECK(at::allclose(found.map.weight, wanted.narrow(2, 0, 6), 1e-8, 1e-9));
  CHECK(at::allclose(found.map.bias, wanted.select(2, 6), 1e-8, 1e-9));
  CHECK(found.condition >= 1);
  CHECK(found.condition < 100);
}

TEST_CASE("the error is that of the rows", "[repair]") {
  const Data given = data(2, 5, 3, 40, 1);
  const AffineMap map{normal({2, 3, 5}, 2).to(at::kDouble), normal({2, 3}, 3).to(at::kDouble)};
  CHECK(relative_error(map, given.covariance) == Approx(direct_error(map, given)).epsilon(1e-10));
}

TEST_CASE("a ridge keeps weights near those there were, and the means right", "[repair]") {
  const Data given = data(1, 4, 2, 30, 5);
  const auto before = normal({1, 2, 4}, 9).to(at::kDouble);
  const auto distance = [&](double ridge) {
    return (fit(given.covariance, before, ridge).map.weight - before).norm().item<double>();
  };
  CHECK(distance(0) > distance(1));
  CHECK(distance(1) > distance(100));
  const Fit only_means = fit(given.covariance, before, kOnlyMeans);
  CHECK(at::equal(only_means.map.weight, before));
  for (const double ridge : {0.0, 1.0, kOnlyMeans}) {
    const auto map = fit(given.covariance, before, ridge).map;
    const auto mean = map.weight.bmm(given.x.mean(2, true)).squeeze(2) + map.bias;
    CHECK(at::allclose(mean, given.y.mean(2), 1e-9, 1e-10));
  }
}

TEST_CASE("inputs that repeat others, and fewer rows than unknowns, are solved", "[repair]") {
  Data given = data(1, 4, 2, 30, 5);
  const auto twice = at::cat({given.x, given.x, at::zeros_like(given.x)}, 1);
  Moments moments(1, 12, 2, at::kCPU);
  moments.add(twice, given.y);
  const auto map = fit(Covariance(moments), zeros(1, 2, 12), 0).map;
  const double alone =
      relative_error(fit(given.covariance, zeros(1, 2, 4), 0).map, given.covariance);
  CHECK(relative_error(map, Covariance(moments)) == Approx(alone).epsilon(1e-4));
  const Data few = data(1, 40, 2, 10, 5);
  CHECK(relative_error(fit(few.covariance, zeros(1, 2, 40), 0).map, few.covariance) < 1e-3);
}
