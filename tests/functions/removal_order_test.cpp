#include "functions/removal_order.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "functions/helpers.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

// The inputs of blocks, as indices.
at::Tensor inputs_of(const std::vector<int64_t>& blocks, int64_t size) {
  std::vector<int64_t> all;
  for (const int64_t block : blocks)
    for (int64_t i = 0; i < size; ++i) all.push_back(block * size + i);
  return at::tensor(all, at::kLong);
}

at::Tensor part(const at::Tensor& matrix, const at::Tensor& rows, const at::Tensor& columns) {
  return matrix.index_select(0, rows).index_select(1, columns);
}

// What is lost at least without these blocks: W_S (H_SS - H_SK H_KK^-1 H_KS) W_S^T.
double least_error(const at::Tensor& h, const at::Tensor& weight, std::vector<int64_t> dropped,
                   int64_t size) {
  std::vector<int64_t> kept;
  for (int64_t block = 0; block < h.size(0) / size; ++block)
    if (std::find(dropped.begin(), dropped.end(), block) == dropped.end()) kept.push_back(block);
  const at::Tensor s = inputs_of(dropped, size), k = inputs_of(kept, size);
  at::Tensor own = part(h, s, s);
  if (!kept.empty()) own = own - part(h, s, k).mm(at::linalg_inv(part(h, k, k))).mm(part(h, k, s));
  const at::Tensor w = weight.index_select(1, s);
  return w.mm(own).mm(w.t()).trace().item<double>();
}

// Greedy, everything solved anew each time.
RemovalOrder brute_force(const at::Tensor& h, const at::Tensor& weight, int64_t size) {
  RemovalOrder order;
  double before = 0;
  while (static_cast<int64_t>(order.blocks.size()) < h.size(0) / size) {
    int64_t best = -1;
    double least = 0;
    for (int64_t block = 0; block < h.size(0) / size; ++block) {
      auto dropped = order.blocks;
      if (std::find(dropped.begin(), dropped.end(), block) != dropped.end()) continue;
      dropped.push_back(block);
      const double error = least_error(h, weight, dropped, size);
      if (best < 0 || error < least) {
        best = block;
        least = error;
      }
    }
    order.blocks.push_back(best);
    order.errors.push_back(least - before);
    before = least;
  }
  return order;
}

at::Tensor covariance_of(const at::Tensor& x) {  // [n, rows]
  return x.mm(x.t()) / x.size(1);
}

}  // namespace

TEST_CASE("The order of removal is that of solving everything anew", "[functions]") {
  for (const int64_t size : {1, 2, 4})
    for (unsigned seed = 0; seed < 8; ++seed) {
      const int64_t n = 6 * size;
      const at::Tensor mix = random_tensor({n, n}, seed).to(at::kDouble);
      const at::Tensor h =
          covariance_of(mix.mm(random_tensor({n, 5 * n}, seed + 100).to(at::kDouble)));
      const at::Tensor weight = random_tensor({5, n}, seed + 200).to(at::kDouble);
      const double ridge = 1e-3;
      const at::Tensor ridged = h + at::eye(n, at::kDouble) * (ridge * h.diagonal().mean());
      const RemovalOrder found = removal_order(h, weight, size, ridge);
      const RemovalOrder expected = brute_force(ridged, weight, size);
      INFO("size " << size << ", seed " << seed);
      CHECK(found.blocks == expected.blocks);
      for (size_t i = 0; i < expected.errors.size(); ++i)
        CHECK(found.errors[i] ==
              Approx(expected.errors[i]).epsilon(1e-7).margin(1e-9 * expected.errors.back()));
    }
}

TEST_CASE("An input that others make up for goes first, at no cost", "[functions]") {
  at::Tensor x = random_tensor({5, 400}, 1).to(at::kDouble);
  x[3].copy_(2 * x[0] - x[1]);
  const at::Tensor weight = random_tensor({4, 5}, 2).to(at::kDouble) + 2;  // none is small
  const RemovalOrder order = removal_order(covariance_of(x), weight, 1, 1e-9);
  CHECK((order.blocks[0] == 3 || order.blocks[0] == 0 || order.blocks[0] == 1));
  CHECK(order.errors[0] < 1e-7 * order.errors[1]);
}

TEST_CASE("Inputs that never vary cost next to nothing, and nothing breaks", "[functions]") {
  at::Tensor h = covariance_of(random_tensor({4, 50}, 1).to(at::kDouble));
  h[2].zero_();
  h.select(1, 2).zero_();
  const at::Tensor weight = at::ones({3, 4}, at::kDouble);
  CHECK(removal_order(h, weight, 1, 1e-3).blocks[0] == 2);
  const RemovalOrder none = removal_order(at::zeros({4, 4}, at::kDouble), weight, 2, 1e-3);
  CHECK(none.blocks.size() == 2);
  // Too little data for the ridge that is asked for: a larger one stands in.
  const at::Tensor thin = random_tensor({6, 1}, 3).to(at::kDouble);
  const RemovalOrder raised =
      removal_order(covariance_of(thin), at::ones({2, 6}, at::kDouble), 1, 1e-18);
  CHECK(raised.blocks.size() == 6);
}
