#include "repair/operators.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

MaskedOperators found_in(const std::string& body, const Tensors& tensors) {
  RepairConfig config;
  config.method = "mean";
  return masked_operators(flatten(net(body, tensors), "forward"), config);
}

std::string reason_of(const std::string& body, const Tensors& tensors) {
  const auto found = found_in(body, tensors);
  CHECK(found.operators.empty());
  REQUIRE(found.left.size() == 1);
  return found.left[0].reason;
}

const Tensors linear_tensors = {{"activation_mask", mask(4, {1}, 0)}, {"w", weight({3, 4})}};

}  // namespace

TEST_CASE("operators that read a masked value are found, also behind padding", "[repair]") {
  const auto found = found_in(
      "  y = torch.constant_pad_nd(x * self.activation_mask, [1, 1, 1, 1])\n"
      "  return torch.conv2d(y, self.w, None, [2, 1], [1, 0], [1, 2], 2)\n",
      {{"activation_mask", mask(4, {1}, 2)}, {"w", weight({6, 2, 3, 3})}});
  CHECK(found.left.empty());
  REQUIRE(found.operators.size() == 1);
  const auto& masked = found.operators[0];
  CHECK(masked.window.groups == 2);
  CHECK(masked.window.stride == std::vector<int64_t>{2, 1});
  CHECK(masked.window.before == std::vector<int64_t>{1, 0});
  CHECK(masked.window.dilation == std::vector<int64_t>{1, 2});
  CHECK(masked.outputs() == 6);
  CHECK_FALSE(masked.bias.defined());
}

TEST_CASE("the kept channels are those of the mask, along the operator's own dimension",
          "[repair]") {
  const auto kept = [](const std::string& call, const Tensors& tensors, const at::Tensor& input) {
    const auto found = found_in("  return " + call + "\n", tensors);
    return kept_channels(found.operators.at(0), input);
  };
  const auto matrix =
      kept("torch.linear(x * self.activation_mask, self.w)", linear_tensors, normal({2, 5, 4}, 1));
  CHECK(at::equal(matrix, at::tensor({int64_t{0}, int64_t{2}, int64_t{3}})));
  const Tensors planes = {{"activation_mask", mask(4, {0, 1}, 2)}, {"w", weight({6, 4, 1, 1})}};
  const auto image =
      kept("torch.conv2d(x * self.activation_mask, self.w)", planes, normal({2, 4, 3, 3}, 1));
  CHECK(at::equal(image, at::tensor({int64_t{2}, int64_t{3}})));
  // One mask for all channels, of places: every channel counts.
  const Tensors places = {{"activation_mask", mask(4, {0}, 0)}, {"w", weight({6, 3, 1, 1})}};
  CHECK_FALSE(
      kept("torch.conv2d(x * self.activation_mask, self.w)", places, normal({2, 3, 5, 4}, 1))
          .defined());
}

TEST_CASE("what cannot be repaired says why", "[repair]") {
  CHECK(contains(reason_of("  return torch.relu(x * self.activation_mask)\n", linear_tensors),
                 "read by aten::relu"));
  CHECK(contains(reason_of("  y = torch.linear(x * self.activation_mask, self.w)\n"
                           "  return y + torch.linear(x, torch.relu(self.w)) + self.w.sum()\n",
                           linear_tensors),
                 "its weight is read by"));
  CHECK(contains(reason_of("  y = x\n"
                           "  for i in range(int(x[0, 0])):\n"
                           "    y = torch.linear(y * self.activation_mask, self.w)\n"
                           "  return y\n",
                           {{"activation_mask", mask(4, {1}, 0)}, {"w", weight({4, 4})}}),
                 "in a loop or a branch"));
  CHECK(contains(reason_of("  return torch.linear(x * self.activation_mask, self.w * x.sum())\n",
                           linear_tensors),
                 "its weight is computed"));
}
