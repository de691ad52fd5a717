// Operators that move elements, between two convolutions.
#include "compact/nets.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;

namespace {

constexpr int64_t channels = 6;

Compacted between(const std::string& code, const std::vector<int64_t>& dropped = {0, 3, 4},
                  int64_t read = channels) {
  return compacted(net("  y = torch.conv2d(x, self.w1, self.b1)\n" + code +
                           "  return torch.conv2d(z * self.activation_mask, self.w2, None)\n",
                       {{"w1", weight({channels, 3, 3, 3})},
                        {"b1", weight({channels})},
                        {"activation_mask", mask(read, dropped, 2)},
                        {"w2", weight({4, read, 1, 1})}}),
                   {3, 6, 6});
}

int64_t left(const Compacted& result) { return shapes(result.module).at("w1")[0]; }

}  // namespace

TEST_CASE("moving elements needs no rule of its own", "[compact]") {
  const auto code =
      GENERATE(std::string("torch.permute(torch.permute(y, [0, 2, 3, 1]), [0, 3, 1, 2])"),
               std::string("torch.transpose(y, 2, 3).contiguous()"),
               std::string("torch.unsqueeze(y, 1).squeeze(1)"), std::string("torch.flip(y, [2])"),
               std::string("torch.roll(y, [1], [2])"),
               std::string("torch.reshape(torch.flatten(y, 2), [y.size(0), 6, 4, 4])"),
               std::string("y.view(y.size(0), 6, 16).view(y.size(0), 6, 4, -1)"),
               std::string("y.view(y.size(0), -1, 16).view(y.size())"),
               std::string("y.view(-1, y.size(1), y.size(2), y.size(3))"),
               std::string("torch.mean(y, [2, 3], True).expand(-1, 6, 4, 4)"),
               std::string("torch.mean(y, [2, 3], True).expand(y.size())"),
               std::string("torch.reflection_pad2d(y, [1, 1, 1, 1])"), std::string("y[:, :, 1:3]"));
  CAPTURE(code);
  CHECK(left(between("  z = " + code + "\n")) == 3);
}

TEST_CASE("channels that are counted or rolled stay", "[compact]") {
  CHECK(left(between("  z = torch.roll(y, [1], [1])\n")) == channels);
  // A part that would be empty keeps a channel.
  CHECK(left(between("  z = torch.cat([y[:, 1:2], y[:, 0:1], y[:, 2:]], 1)\n")) == 4);
}

TEST_CASE("channels that are picked by number are picked among those that are left", "[compact]") {
  CHECK(left(between("  z = y[:, 2].unsqueeze(1).expand(-1, 6, -1, -1)\n")) == 1);
  CHECK(left(between("  z = y[:, ::2].repeat(1, 2, 1, 1)\n")) == 2);
  CHECK(left(between("  z = torch.cat([y[:, 1::2], y[:, ::2]], 1)\n")) == 3);
  CHECK(left(between("  z = y[:, 1:6:3]\n", {0}, 2)) == 1);
  CHECK(left(between("  z = torch.narrow(y, 1, 2, 3)\n", {1}, 3)) == 2);
  CHECK(left(between("  z = torch.stack([y[:, 5], y[:, -6]], 1)\n", {0}, 2)) == 2);
}

TEST_CASE("channels of zeros before and after others come and go by themselves", "[compact]") {
  const auto pad = [](const std::vector<int64_t>& dropped) {
    return between("  z = torch.constant_pad_nd(y, [0, 0, 0, 0, 2, 1])\n", dropped, 9);
  };
  CHECK(left(pad({0, 1, 8})) == channels);
  CHECK(left(pad({2, 3, 5})) == 3);
  CHECK(left(between("  z = torch.pad(y, [0, 0, 0, 0, 0, -1])\n", {0}, 5)) == channels);
}

TEST_CASE("an axis that holds the channels of one sample after the other loses them of each",
          "[compact]") {
  CHECK(left(between("  z = y.view(y.size(0) * 6, 4, 4).view(y.size(0), 6, 4, 4)\n")) == 3);
  CHECK(left(between("  z = y.view(-1, 4, 4).view(-1, 6, 4, 4)\n")) == 3);
}

TEST_CASE("an axis that mixes samples and channels otherwise is kept", "[compact]") {
  CHECK(left(between("  z = y.transpose(0, 1).reshape(-1, 4, 4).view(6, -1, 4, 4)"
                     ".transpose(0, 1)\n")) == channels);
  CHECK(left(between("  z = y.view(-1, 4, 4)\n  n = z.size(0)\n"
                     "  z = z.view(-1, 6, 4, 4) * (n // 6)\n")) == channels);
}

TEST_CASE("a channel shuffle ties channels that stand in one column", "[compact]") {
  const std::string code =
      "  b, c, h, w = y.size()\n"
      "  z = torch.transpose(y.view(b, 2, c // 2, h, w), 1, 2).contiguous().view(b, c, h, w)\n";
  // After the shuffle: 0 3 1 4 2 5.
  CHECK(left(between(code, {0, 1})) == 4);
  CHECK(left(between(code, {0, 3})) == channels);
}

TEST_CASE("parts of a concatenation go by themselves", "[compact]") {
  const std::string code = "  z = torch.cat([y, torch.relu(y)], 1)\n";
  CHECK(left(between(code, {0, 1, 6}, 12)) == 5);
  CHECK(left(between("  f = [y]\n  f.append(torch.relu(y))\n  z = torch.cat(f, 1)\n", {0, 1, 6},
                     12)) == 5);
}

TEST_CASE("lists and dictionaries are what was put into them", "[compact]") {
  const auto code = GENERATE(std::string("  f = [y, y]\n  f[1] = torch.relu(y)\n"),
                             std::string("  f = {0: y, 1: y}\n  f[1] = torch.relu(y)\n"),
                             std::string("  d = {'a': y}\n  d['b'] = torch.relu(d['a'])\n"
                                         "  f = [d['a'], d['b']]\n"),
                             std::string("  d : Dict[str, Tensor] = dict()\n"
                                         "  d['b'] = torch.relu(y)\n  f = [y, d['b']]\n"));
  CAPTURE(code);
  const auto all = code.find("{0:") != std::string::npos;  // keys are names, or not understood
  CHECK(left(between(code + "  z = torch.cat([f[0], f[1]], 1)\n", {0, 1, 6}, 12)) ==
        (all ? channels : 5));
}

TEST_CASE("of lists that are changed out of sight nothing is known", "[compact]") {
  const auto change = GENERATE(
      std::string("  if x.size(0) > 1:\n    d['f'][0] = torch.relu(u)\n"
                  "  else:\n    d['f'][0] = torch.sigmoid(u)\n"),
      std::string("  for i in range(x.size(0)):\n    d['f'][0] = torch.relu(u)\n"),
      std::string("  g = f if x.size(0) > 1 else [y]\n  g[0] = torch.relu(u)\n"),
      std::string("  t = (f, 1) if x.size(0) > 1 else ([y], 1)\n  t[0][0] = torch.relu(u)\n"));
  CAPTURE(change);
  const auto masked =
      net("  y = torch.conv2d(x, self.w1) * self.activation_mask\n"
          "  u = torch.conv2d(x, self.w1)\n  f = [y]\n  d = {'f': f}\n" +
              change + "  return torch.conv2d(f[0], self.w2)\n",
          {{"w1", weight({channels, 3, 3, 3})},
           {"activation_mask", mask(channels, {0, 3, 4}, 2)},
           {"w2", weight({4, channels, 1, 1})}});
  const auto result = compacted(masked, {3, 6, 6}, {1e-5, "always", false});
  CHECK(shapes(result.module).at("w2")[1] == channels);
}

TEST_CASE("chunks and splits get sizes of their own", "[compact]") {
  for (const char* cut :
       {"torch.chunk(y, 2, 1)", "torch.split(y, 3, 1)", "torch.split_with_sizes(y, [3, 3], 1)"}) {
    CAPTURE(cut);
    const auto result = between("  a, b = " + std::string(cut) + "\n  z = torch.cat([b, a], 1)\n");
    CHECK(left(result) == 3);  // 0, 3, 4 of the concatenation are 3, 0, 1 of y
    CHECK(contains(graph_text(result.module), "aten::split_with_sizes"));
  }
}

TEST_CASE("padding that depends on the input's size keeps channels apart", "[compact]") {
  const std::string odd = "  n = x.size(0) % 2\n";
  CHECK(left(between(odd + "  z = torch.constant_pad_nd(y, [0, n, n, 0], 0.5)\n")) == 3);
  CHECK(left(between(odd + "  z = torch.pad(y, [0, 0, 0, 0, n, 1 - n])[:, 0:6]\n")) == channels);
}

TEST_CASE("an index is renumbered", "[compact]") {
  const auto result =
      between("  z = torch.index_select(y, 1, torch.tensor([5, 4, 3, 2, 1, 0]))\n", {0, 3});
  CHECK(left(result) == 4);
}

TEST_CASE("pixel shuffle takes all channels of a result together", "[compact]") {
  const auto masked =
      net("  y = torch.conv2d(x, self.w1, None)\n"
          "  z = torch.pixel_shuffle(y, 2) * self.activation_mask\n"
          "  return torch.conv2d(z, self.w2, None)\n",
          {{"w1", weight({12, 3, 1, 1})},
           {"activation_mask", mask(3, {1}, 2)},
           {"w2", weight({2, 3, 1, 1})}});
  CHECK(left(compacted(masked, {3, 4, 4})) == 8);
}

TEST_CASE("what a model computes from sizes stays", "[compact]") {
  CHECK(left(between("  z = y * (float(y.size(1)) / 3)\n")) == 3);
  CHECK(left(between("  n = y.shape[1]\n  z = y / n\n")) == 3);
}
