#include "compact/channel_groups.h"

#include "compact/nets.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

Module conv(int64_t in, int64_t out, int64_t groups = 1) {
  Module module("__torch__.Conv2d");
  module.register_parameter("weight", weight({out, in / groups, 3, 3}), false);
  module.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.conv2d(x, self.weight, None, [1, 1], [1, 1], [1, 1], " +
      std::to_string(groups) + ")\n");
  return module;
}

std::vector<LayerChannels> groups(const std::string& body, const Children& layers) {
  std::vector<Site> sites;
  for (const auto& layer : layers) sites.push_back({layer.first});
  const auto model = make_module("Net", "def forward(self, x: Tensor) -> Tensor:\n" + body, layers);
  return channel_groups(model, sites, {{normal({2, 3, 6, 6}, 1)}, {normal({3, 3, 6, 6}, 2)}});
}

}  // namespace

TEST_CASE("the readers of a residual stream share its classes", "[compact]") {
  const auto found = groups(
      "  x = self.stem.forward(x)\n"
      "  x = x + self.b.forward(torch.relu(self.a.forward(x)))\n"
      "  return self.c.forward(torch.relu(x))\n",
      {{"stem", conv(3, 4)}, {"a", conv(4, 5)}, {"b", conv(5, 4)}, {"c", conv(4, 2)}});
  CHECK(found[1].classes == found[3].classes);
  CHECK(found[1].sets == found[3].sets);
  CHECK(found[1].value != found[3].value);
  CHECK(found[2].classes.size() == 5);
  CHECK(found[2].sets[0] != found[1].sets[0]);
  CHECK(found[1].axis == 1);
}

TEST_CASE("a depthwise convolution's channels go with its input's, those of groups as a whole",
          "[compact]") {
  const auto depthwise = groups(
      "  x = self.d.forward(self.a.forward(x))\n"
      "  return self.b.forward(x)\n",
      {{"a", conv(3, 4)}, {"d", conv(4, 4, 4)}, {"b", conv(4, 2)}});
  CHECK(depthwise[1].classes == depthwise[2].classes);
  const auto grouped = groups(
      "  x = self.g.forward(self.a.forward(x))\n"
      "  return self.b.forward(x)\n",
      {{"a", conv(3, 4)}, {"g", conv(4, 6, 2)}, {"b", conv(6, 2)}});
  const auto& in = grouped[1].classes;
  const auto& out = grouped[2].classes;
  CHECK(in == std::vector<int64_t>{in[0], in[0], in[2], in[2]});
  CHECK(out == std::vector<int64_t>{in[0], in[0], in[0], in[2], in[2], in[2]});
}

TEST_CASE("parts of a concatenation are sets of their own", "[compact]") {
  const auto found = groups(
      "  x = self.a.forward(x)\n"
      "  return self.c.forward(torch.cat([x, self.b.forward(x)], 1))\n",
      {{"a", conv(3, 4)}, {"b", conv(4, 2)}, {"c", conv(6, 2)}});
  const auto& sets = found[2].sets;
  CHECK(sets == std::vector<int64_t>{sets[0], sets[0], sets[0], sets[0], sets[4], sets[4]});
  CHECK(sets[0] != sets[4]);
  CHECK(sets[0] == found[1].sets[0]);
}

TEST_CASE("the channels of a model's input are classes of their own", "[compact]") {
  const auto found = groups("  return self.a.forward(x) + self.b.forward(x)\n",
                            {{"a", conv(3, 4)}, {"b", conv(3, 4)}});
  CHECK(found[0].classes == std::vector<int64_t>{-1, -2, -3});
  CHECK(found[1].classes == found[0].classes);
}

TEST_CASE("a layer that is not called where it can be seen cannot be aligned", "[compact]") {
  const Error error = error_of([] {
    groups("  if bool(x.sum() > 0):\n    x = self.a.forward(x)\n  return x\n", {{"a", conv(3, 3)}});
  });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "layer 'a' cannot be aligned"));
}
