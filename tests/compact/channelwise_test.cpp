// Operators that work channel by channel, between two convolutions.
#include <ATen/TensorOperators.h>

#include "compact/nets.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;

namespace {

constexpr int64_t channels = 6;

Tensors tensors(const Tensors& more = {}) {
  Tensors all = {{"w1", weight({channels, 3, 3, 3})},
                 {"b1", weight({channels})},
                 {"activation_mask", mask(channels, {0, 3, 4}, 2)},
                 {"w2", weight({4, channels, 1, 1})},
                 {"b2", weight({4})}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// conv, the code, mask, conv. `code` makes z of y.
Compacted between(const std::string& code, const Tensors& more = {}) {
  return compacted(net("  y = torch.conv2d(x, self.w1, self.b1)\n" + code +
                           "  return torch.conv2d(z * self.activation_mask, self.w2, self.b2)\n",
                       tensors(more)),
                   {3, 8, 8});
}

// conv, mask, the code, conv: the masked channels are constants that the code sees.
Compacted after_mask(const std::string& code, const Tensors& more = {}) {
  return compacted(net("  y = torch.conv2d(x, self.w1, self.b1) * self.activation_mask\n" + code +
                           "  return torch.conv2d(z, self.w2, self.b2)\n",
                       tensors(more)),
                   {3, 8, 8});
}

int64_t left(const Compacted& result) { return shapes(result.module).at("w1")[0]; }

}  // namespace

TEST_CASE("operators of one activation keep channels apart, and take constants along",
          "[compact]") {
  const auto code = GENERATE(
      std::string("torch.relu(y)"), std::string("torch.hardtanh(y, 0.0, 6.0)"),
      std::string("torch.sigmoid(y)"), std::string("torch.tanh(y) * 2 + 1"),
      std::string("torch.gelu(y)"), std::string("torch.silu(y)"),
      std::string("torch.leaky_relu(y, 0.1)"), std::string("torch.clamp(y, -0.5, 0.5)"),
      std::string("torch.dropout(y, 0.5, False)"), std::string("torch.dropout(y, 0.0, True)"),
      std::string("torch.abs(y)"), std::string("y.double().float()"), std::string("1 - y"),
      std::string("y.detach().clone()"));
  CAPTURE(code);
  CHECK(left(between("  z = " + code + "\n")) == 3);
  CHECK(left(after_mask("  z = " + code + "\n")) == 3);
}

TEST_CASE("in-place operators that nobody else sees are as others", "[compact]") {
  CHECK(left(between("  z = torch.relu_(y)\n")) == 3);
  CHECK(left(between("  z = torch.relu_(y.add_(1))\n")) == 3);
}

TEST_CASE("what is written in place and seen by others is kept", "[compact]") {
  const auto result = between("  v = y.view(-1)\n  v.add_(1)\n  z = torch.relu(y)\n");
  CHECK(left(result) == channels);
}

TEST_CASE("constants with one number per channel shrink", "[compact]") {
  const Tensors more = {{"c", weight({channels, 1, 1})}};
  for (const char* code : {"y + self.c", "self.c - y", "y * self.c", "y / (self.c * self.c + 1)"}) {
    CAPTURE(code);
    CHECK(left(between("  z = " + std::string(code) + "\n", more)) == 3);
    CHECK(left(after_mask("  z = " + std::string(code) + "\n", more)) == 3);
  }
}

TEST_CASE("prelu has one number, or one per channel", "[compact]") {
  CHECK(left(between("  z = torch.prelu(y, self.a)\n", {{"a", weight({1})}})) == 3);
  const auto many = after_mask("  z = torch.prelu(y, self.a)\n", {{"a", weight({channels})}});
  CHECK(left(many) == 3);
  CHECK(shapes(many.module).at("a") == std::vector<int64_t>{3});
}

TEST_CASE("pooling and upsampling keep channels apart", "[compact]") {
  const auto code = GENERATE(std::string("torch.max_pool2d(y, [3, 3], [2, 2], [1, 1])"),
                             std::string("torch.avg_pool2d(y, [3, 3], [2, 2])"),
                             std::string("torch.avg_pool2d(y, [3, 3], [2, 2], [1, 1])"),
                             std::string("torch.adaptive_avg_pool2d(y, [2, 2])"),
                             std::string("torch.upsample_nearest2d(y, [9, 9], None)"),
                             std::string("torch.upsample_bilinear2d(y, [9, 9], False, None)"),
                             std::string("torch.mean(y, [2, 3], True)"),
                             std::string("torch.sum(y, [2, 3], True)"),
                             std::string("torch.amax(y, [2, 3], True)"),
                             std::string("torch.constant_pad_nd(y, [1, 1, 1, 1], 0)"));
  CAPTURE(code);
  CHECK(left(between("  z = " + code + "\n")) == 3);
  CHECK(left(after_mask("  z = " + code + "\n")) == 3);
}

TEST_CASE("batch norm is sliced, and makes other constants", "[compact]") {
  const Tensors more = {{"g", weight({channels}, 5)},
                        {"b", weight({channels}, 6)},
                        {"mean_mask", weight({channels}, 7)},
                        {"var_mask", weight({channels}, 8).abs() + 0.5}};
  const std::string code =
      "  z = torch.batch_norm(y, self.g, self.b, self.mean_mask, self.var_mask, False, 0.1, 1e-5, "
      "True)\n";
  CHECK(left(between(code, more)) == 3);
  const auto result = after_mask(code, more);
  CHECK(left(result) == 3);
  CHECK(shapes(result.module).at("var_mask") == std::vector<int64_t>{3});
}

TEST_CASE("instance norm of a masked channel is its bias", "[compact]") {
  const Tensors more = {{"g", weight({channels}, 5)}, {"b", weight({channels}, 6)}};
  const std::string code =
      "  z = torch.instance_norm(y, self.g, self.b, None, None, True, 0.1, 1e-5, True)\n";
  CHECK(left(between(code, more)) == 3);
  CHECK(left(after_mask(code, more)) == 3);
}

TEST_CASE("group norm loses whole groups only", "[compact]") {
  const Tensors more = {{"g", weight({channels}, 5)}, {"b", weight({channels}, 6)}};
  CHECK(left(between("  z = torch.group_norm(y, 3, self.g, self.b, 1e-5, True)\n", more)) == 6);
  auto all = tensors(more);
  all[2].second = mask(channels, {0, 2, 3}, 2);  // groups (0, 1), (2, 3), (4, 5)
  const auto masked =
      net("  y = torch.conv2d(x, self.w1, self.b1) * self.activation_mask\n"
          "  z = torch.group_norm(y, 3, self.g, self.b, 1e-5, True)\n"
          "  return torch.conv2d(z, self.w2, self.b2)\n",
          all);
  const auto small = shapes(compacted(masked, {3, 8, 8}).module);
  CHECK(small.at("w1")[0] == 4);
  CHECK(small.at("g") == std::vector<int64_t>{4});
}

TEST_CASE("layer norm and softmax keep what they read together", "[compact]") {
  const Tensors more = {{"g", weight({6})}, {"b", weight({6})}};
  CHECK(left(between("  z = torch.layer_norm(y, [6], self.g, self.b)\n", more)) == 3);
  CHECK(left(between("  z = torch.softmax(y, 3)\n")) == 3);
  const auto result = between("  z = torch.softmax(y, 1)\n");
  CHECK(left(result) == channels);
  CHECK(
      contains(result.masks[0].kept.at(0).second, "aten::softmax: it reads all channels together"));
}

TEST_CASE("a squeeze-excite gate goes with its channels, a gate over space reads them",
          "[compact]") {
  const auto excite = between(
      "  s = torch.conv2d(torch.mean(y, [2, 3], True), self.s1, None)\n"
      "  z = y * torch.sigmoid(torch.conv2d(torch.relu(s), self.s2, None))\n",
      {{"s1", weight({2, channels, 1, 1})}, {"s2", weight({channels, 2, 1, 1})}});
  CHECK(left(excite) == channels);  // the squeeze reads all
  CHECK(shapes(excite.module).at("s2") == std::vector<int64_t>{channels, 2, 1, 1});
  const auto gate = between("  z = y * torch.sigmoid(torch.conv2d(x, self.s1, None))\n",
                            {{"s1", weight({channels, 3, 3, 3}, 9)}});
  CHECK(left(gate) == 3);
  CHECK(shapes(gate.module).at("s1")[0] == 3);
  const auto space = between("  z = y * torch.sigmoid(torch.conv2d(x, self.s1, None))\n",
                             {{"s1", weight({1, 3, 3, 3}, 9)}});
  CHECK(left(space) == 3);
  CHECK(shapes(space.module).at("s1")[0] == 1);
}

TEST_CASE("both operands of an addition lose a channel that nobody needs of the sum", "[compact]") {
  const auto result = between("  z = y + torch.conv2d(x, self.w3, None)\n",
                              {{"w3", weight({channels, 3, 3, 3}, 4)}});
  CHECK(left(result) == 3);
  CHECK(shapes(result.module).at("w3")[0] == 3);
}

TEST_CASE("a shortcut of zeros around fewer channels takes part in an addition", "[compact]") {
  const auto result = between(
      "  s = torch.constant_pad_nd(y[:, :4, ::2, ::2], [0, 0, 0, 0, 1, 1])\n"
      "  z = s + torch.max_pool2d(torch.conv2d(x, self.w3), [2, 2])\n",
      {{"w3", weight({channels, 3, 3, 3}, 4)}});
  CHECK(left(result) < channels);
  CHECK(shapes(result.module).at("w3")[0] == 3);
}

TEST_CASE("an operator without a rule keeps all that it reads", "[compact]") {
  const auto result = between("  z = torch.logcumsumexp(y, 3)\n");
  CHECK(left(result) == channels);
  CHECK(result.masks[0].kept.at(0).second == "made by aten::logcumsumexp: no rule");
}

TEST_CASE("the cause that is named is where a chain of depthwise layers and gates begins",
          "[compact]") {
  const auto result = between(
      "  d = torch.conv2d(y, self.d, None, [1, 1], [0, 0], [1, 1], 6)\n"
      "  d = torch.tanh(d) * torch.sigmoid(torch.mean(d, [2, 3], True))\n"
      "  z = y + torch.logcumsumexp(d, 3).mean()\n",
      {{"d", weight({channels, 1, 1, 1})}});
  CHECK(left(result) == channels);
  REQUIRE(result.masks[0].kept.size() == 1);
  CHECK(result.masks[0].kept[0].second == "read by aten::logcumsumexp: no rule");
}

TEST_CASE("branches and loops keep what they read", "[compact]") {
  CHECK(left(between("  z = y\n  if bool(y.sum() > 0):\n    z = torch.relu(y)\n")) == channels);
  CHECK(left(between("  z = y\n  for i in range(x.size(0)):\n    z = z + y\n")) == channels);
}
