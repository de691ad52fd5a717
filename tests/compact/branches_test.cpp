// Branches that what is run on the data decides.
#include "compact/nets.h"
#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;

namespace {

// As in torch.nn.functional.interpolate.
const char* const upsample =
    "  if y.dim() == 3:\n    z = torch.upsample_nearest1d(y, [8])\n"
    "  else:\n    if y.dim() == 4:\n      z = torch.upsample_nearest2d(y, [8, 8])\n"
    "    else:\n      assert False\n      z = y\n";

Compacted between(const std::string& code, bool keep_modules) {
  return compacted(net("  y = torch.tanh(torch.conv2d(x, self.w1))\n" + code +
                           "  return torch.conv2d(z * self.activation_mask, self.w2)\n",
                       {{"w1", weight({6, 3, 3, 3})},
                        {"activation_mask", mask(6, {0, 3, 4}, 2)},
                        {"w2", weight({4, 6, 1, 1})},
                        {"w3", weight({6, 6, 1, 1})}}),
                   {3, 6, 6}, {1e-5, "off", keep_modules});
}

}  // namespace

TEST_CASE("a branch on the number of axes is decided", "[compact]") {
  const bool keeps = GENERATE(true, false);
  CAPTURE(keeps);
  const auto result = between(upsample, keeps);
  CHECK(shapes(result.module).at("w1")[0] == 3);
  CHECK(result.masks.at(0).removed == 3);
}

TEST_CASE("a branch on a size keeps what it reads", "[compact]") {
  const bool keeps = GENERATE(true, false);
  CAPTURE(keeps);
  const auto result = between(
      "  if y.dim() == 4 and y.size(0) > 2:\n    z = torch.relu(y)\n  else:\n    z = -y\n", keeps);
  CHECK(shapes(result.module).at("w1")[0] == 6);
  REQUIRE_FALSE(result.masks.at(0).kept.empty());
  CHECK(contains(result.masks.at(0).kept.at(0).second, "prim::If"));
}

TEST_CASE("a side that hands through what the other one changes loses the same channels",
          "[compact]") {
  const bool keeps = GENERATE(true, false);
  const std::string side =
      GENERATE("z = torch.relu(y)", "z = torch.roll(y, [1], [2])", "z = y * y.size(2)");
  const std::string condition = GENERATE("y.size(0) > 0", "y.size(0) > 2", "y.size(0) < 3");
  CAPTURE(keeps, side, condition);
  const auto result = between("  z = y\n  if " + condition + ":\n    " + side + "\n", keeps);
  CHECK(shapes(result.module).at("w1")[0] == (condition == "y.size(0) > 0" ? 3 : 6));
}

TEST_CASE("a side that raises an error has no say", "[compact]") {
  const bool keeps = GENERATE(true, false);
  CAPTURE(keeps);
  const auto result = between(
      "  if y.size(0) > 9:\n    assert False\n    z = y\n  else:\n    z = torch.relu(y)\n", keeps);
  CHECK(shapes(result.module).at("w1")[0] == 3);
}

TEST_CASE("sides that move channels apart keep them", "[compact]") {
  const bool keeps = GENERATE(true, false);
  const std::string side =
      GENERATE("z = torch.flip(y, [1])", "z = torch.roll(y, [1], [1])", "z = torch.zeros_like(y)",
               "z = y.clone().add_(1.0)", "z = torch.conv2d(y, self.w3)");
  CAPTURE(keeps, side);
  const auto result = between("  z = y\n  if y.size(0) < 3:\n    " + side + "\n", keeps);
  CHECK(shapes(result.module).at("w1")[0] == 6);
}

TEST_CASE("what a side adds to a list is not in it for sure", "[compact]") {
  const bool keeps = GENERATE(true, false);
  CAPTURE(keeps);
  const auto result = between(
      "  all = [y]\n  if y.size(0) < 3:\n    all.append(torch.relu(y))\n  z = all[-1]\n", keeps);
  CHECK(shapes(result.module).at("w1")[0] == 6);
}

TEST_CASE("layers in a branch that is decided are compacted", "[compact]") {
  const bool keeps = GENERATE(true, false);
  CAPTURE(keeps);
  const auto result = between(
      "  if y.dim() == 4:\n    z = torch.conv2d(y * self.activation_mask, self.w3)\n"
      "  else:\n    z = torch.conv1d(y, self.w3)\n",
      keeps);
  CHECK(result.masks.size() == 2);
}

TEST_CASE("what only the message of an error reads is not kept", "[compact]") {
  const bool keeps = GENERATE(true, false);
  CAPTURE(keeps);
  const auto result = between(
      "  assert y.size(0) < 9, 'not {} and {}'.format(y.size(), y.mean())\n  z = torch.relu(y)\n",
      keeps);
  CHECK(shapes(result.module).at("w1")[0] == 3);
}
