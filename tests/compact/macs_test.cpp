#include "compact/macs.h"

#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

int64_t macs_of(const std::string& body, const Tensors& tensors, const std::vector<int64_t>& x) {
  FlatModel flat = flatten(net(body, tensors), "forward");
  const Trace values = trace(flat, {{normal(x, 1)}});
  return count_macs(flat, values);
}

}  // namespace

TEST_CASE("multiply-accumulates are counted by each operator's own cost", "[compact]") {
  // 3 x 3 kernels over 2 channels, for 4 x 5 x 5 outputs of 2 samples.
  CHECK(macs_of("  return torch.conv2d(x, self.w)\n", {{"w", weight({4, 2, 3, 3})}},
                {2, 2, 7, 7}) == 2 * (4 * 5 * 5) * (2 * 3 * 3));
  // Grouped: each output reads one channel of its group.
  CHECK(macs_of("  return torch.conv2d(x, self.w, None, [1, 1], [0, 0], [1, 1], 2)\n",
                {{"w", weight({4, 1, 3, 3})}}, {1, 2, 5, 5}) == (4 * 3 * 3) * (1 * 3 * 3));
  // Transposed: each of the 2 x 3 x 3 inputs is multiplied with its rows of the weight.
  CHECK(macs_of("  return torch.conv_transpose2d(x, self.w)\n", {{"w", weight({2, 4, 2, 2})}},
                {1, 2, 3, 3}) == (2 * 3 * 3) * (4 * 2 * 2));
  CHECK(macs_of("  return torch.linear(x, self.w)\n", {{"w", weight({5, 3})}}, {7, 3}) ==
        7 * 5 * 3);
  CHECK(macs_of("  return torch.addmm(self.b, x, self.w)\n",
                {{"w", weight({3, 5})}, {"b", weight({5})}}, {7, 3}) == 7 * 5 * 3);
  CHECK(macs_of("  return torch.bmm(x, x.transpose(1, 2))\n", {}, {2, 3, 4}) == 2 * 3 * 3 * 4);
  CHECK(macs_of("  return torch.relu(x) * 2\n", {}, {2, 3, 4}) == 0);
}

TEST_CASE("the bytes that index_select writes are counted", "[compact]") {
  FlatModel flat = flatten(net("  return torch.index_select(x, 1, self.index_mask)\n",
                               {{"index_mask", tensor1d({0, 2}).to(at::kLong)}}),
                           "forward");
  const Trace values = trace(flat, {{normal({5, 3}, 1)}});
  CHECK(count_gathered_bytes(flat, values) == 5 * 2 * 4);
}
