// Layers that get no rows of the batch that a model is compacted on.
#include "compact/compare.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

// A hidden layer, and an expert for the rows that begin with a large number.
Module with_expert(const std::string& chosen) {
  return net("  h = torch.relu(torch.linear(x, self.w1)) * self.activation_mask\n" + chosen +
                 "  e = torch.linear(torch.relu(torch.linear(h[k], self.w2)), self.w3)\n"
                 "  y = torch.linear(torch.relu(torch.linear(h, self.w4)) * "
                 "self.activation_mask_1, self.w5)\n"
                 "  return y.index_add(0, k, e)\n",
             {{"w1", weight({8, 4})},
              {"activation_mask", mask(8, {1, 5}, 0)},
              {"w2", weight({16, 8})},
              {"w3", weight({3, 16})},
              {"w4", weight({6, 8})},
              {"activation_mask_1", mask(6, {0, 2, 3}, 0)},
              {"w5", weight({3, 6})}});
}

void check_expert(const Module& masked, const CompactOptions& options) {
  const auto small = compacted(masked, {4}, options).module;
  const auto sizes = shapes(small);
  CHECK(sizes.at("w2") == std::vector<int64_t>{16, 8});
  CHECK(sizes.at("w3") == std::vector<int64_t>{3, 16});
  CHECK(sizes.at("w5") == std::vector<int64_t>{3, 3});
  at::Tensor some = normal({5, 4}, 7);
  some.select(1, 0).slice(0, 1, 3).fill_(100);
  CHECK(compare_outputs(masked, small, {some}).relative < 1e-5);
}

}  // namespace

TEST_CASE("an expert that gets no rows keeps its channels, for those that may come", "[compact]") {
  const auto masked = with_expert("  k = torch.where(x[:, 0] > 50)[0]\n");
  check_expert(masked, {1e-5, "off", false});
  check_expert(masked, {1e-5, "always", false});
  check_expert(masked, {1e-5, "auto", true});
}

TEST_CASE("an empty tensor among those that are joined keeps them all", "[compact]") {
  const auto masked = net(
      "  h = torch.relu(torch.linear(x, self.w1))\n"
      "  k = x[:, 0] > 50\n"
      "  y = torch.cat([h[k] * 2, h[k.logical_not()]]) * self.activation_mask\n"
      "  return torch.linear(y, self.w2)\n",
      {{"w1", weight({8, 4})}, {"activation_mask", mask(8, {1, 5}, 0)}, {"w2", weight({3, 8})}});
  const auto small = compacted(masked, {4}).module;
  at::Tensor some = normal({5, 4}, 7);
  some.select(1, 0).slice(0, 1, 3).fill_(100);
  CHECK(compare_outputs(masked, small, {some}).relative < 1e-5);
}
