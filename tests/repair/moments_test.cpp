#include "repair/moments.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

at::Tensor rows(int64_t groups, int64_t features, int64_t count, uint64_t seed) {
  return normal({groups, features, count}, seed).to(at::kDouble);
}

Moments moments_of(const at::Tensor& x, const at::Tensor& y) {
  Moments moments(x.size(0), x.size(1), y.size(1), at::kCPU);
  moments.add(x, y);
  return moments;
}

}  // namespace

TEST_CASE("moments are the sums of products, whatever the number of blocks", "[repair]") {
  const auto [groups, inputs] = GENERATE(std::pair(1, 3), std::pair(4, 9), std::pair(1, 600));
  const auto x = rows(groups, inputs, 40, 1) + 2, y = rows(groups, 5, 40, 2);
  const Covariance found(moments_of(x, y));
  const auto off = x - x.mean(2, true), wanted = y - y.mean(2, true);
  CHECK(at::allclose(found.xx, off.bmm(off.transpose(1, 2)) / 40, 1e-10, 1e-12));
  CHECK(at::allclose(found.xy, off.bmm(wanted.transpose(1, 2)) / 40, 1e-10, 1e-12));
  CHECK(at::allclose(found.yy, wanted.square().mean(2), 1e-10, 1e-12));
  CHECK(at::allclose(found.x, x.mean(2)));
}

TEST_CASE("the sum of two parts' moments is that of the whole", "[repair]") {
  const auto x = rows(2, 7, 30, 1), y = rows(2, 3, 30, 2);
  const Moments parts = moments_of(x.narrow(2, 0, 11), y.narrow(2, 0, 11)) +
                        moments_of(x.narrow(2, 11, 19), y.narrow(2, 11, 19));
  const Moments whole = moments_of(x, y);
  CHECK(parts.rows == 30);
  CHECK(at::allclose(Covariance(parts).xx, Covariance(whole).xx, 1e-12, 1e-12));
  CHECK(at::allclose(Covariance(parts).xy, Covariance(whole).xy, 1e-12, 1e-12));
}
