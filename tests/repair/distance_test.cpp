#include "repair/distance.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

TEST_CASE("mean squares are relative to what is wanted, of each tensor", "[repair]") {
  const at::Tensor large = normal({4, 3}, 1) * 100, small = normal({5}, 2);
  CHECK(distance({large, small}, {large, small}, "mse").item<double>() == 0);
  CHECK(distance({large * 1.1, small * 1.1}, {large, small}, "mse").item<double>() ==
        Approx(2 * 0.01).epsilon(1e-4));
}

TEST_CASE("the divergence is that of the classes, wherever they lie", "[repair]") {
  const at::Tensor wanted = normal({6, 5}, 1), given = normal({6, 5}, 2);
  const auto p = wanted.softmax(1).to(at::kDouble), q = given.softmax(1).to(at::kDouble);
  const double divergence = (p * (p / q).log()).sum(1).mean().item<double>();
  CHECK(distance({given}, {wanted}, "kl").item<double>() == Approx(divergence).epsilon(1e-4));
  const auto images = [](const at::Tensor& scores) {
    return scores.view({2, 3, 1, 5}).permute({0, 3, 1, 2});
  };
  CHECK(distance({images(given)}, {images(wanted)}, "kl").item<double>() ==
        Approx(divergence).epsilon(1e-4));
  CHECK(distance({given.view({2, 3, 5})}, {wanted.view({2, 3, 5})}, "kl").item<double>() ==
        Approx(divergence).epsilon(1e-4));
}

TEST_CASE("answers are compared by their floating-point tensors", "[repair]") {
  const auto answer = c10::ivalue::Tuple::create({normal({2}, 1), at::ones({3}, at::kLong)});
  CHECK(floating_tensors(answer).size() == 1);
  CHECK(error_of([] { floating_tensors(at::ones({3}, at::kLong)); }).kind() == ErrorKind::Data);
}
