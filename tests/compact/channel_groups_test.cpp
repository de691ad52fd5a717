#include "compact/channel_groups.h"

#include <set>

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

Module linear(int64_t in, int64_t out) {
  Module module("__torch__.Linear");
  module.register_parameter("weight", weight({out, in}), false);
  module.define("def forward(self, x: Tensor) -> Tensor:\n  return torch.linear(x, self.weight)\n");
  return module;
}

// A layer without weights.
Module layer(const std::string& result) {
  Module module("__torch__.Layer");
  module.define("def forward(self, x: Tensor) -> Tensor:\n  return " + result + "\n");
  return module;
}

std::vector<LayerGroups> examined(const std::string& body, const Children& layers,
                                  const std::vector<std::string>& masked) {
  std::vector<Site> sites;
  for (const auto& name : masked) sites.push_back({name});
  const auto model = make_module("Net", "def forward(self, x: Tensor) -> Tensor:\n" + body, layers);
  return examine_groups(model, sites, {{normal({2, 3, 6, 6}, 1)}, {normal({3, 3, 6, 6}, 2)}});
}

std::vector<LayerChannels> groups(const std::string& body, const Children& layers) {
  std::vector<Site> sites;
  for (const auto& each : layers) sites.push_back({each.first});
  const auto model = make_module("Net", "def forward(self, x: Tensor) -> Tensor:\n" + body, layers);
  return channel_groups(model, sites, {{normal({2, 3, 6, 6}, 1)}, {normal({3, 3, 6, 6}, 2)}});
}

using Texts = std::vector<std::string>;

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
    groups("  for i in range(2):\n    x = self.a.forward(x)\n  return x\n", {{"a", conv(3, 3)}});
  });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "layer 'a' cannot be aligned"));
}

TEST_CASE("where nothing is known of a value, the layers that read it tell where its channels are",
          "[compact]") {
  const auto axis_in = [](const std::string& result) {
    Module reader("__torch__.Reader");
    reader.register_parameter("weight", weight({4, 3, 3, 3}), false);
    reader.define("def forward(self, x: Tensor) -> Tensor:\n  return " + result + "\n");
    return groups("  return self.a.forward(torch.logcumsumexp(x, 3))\n", {{"a", reader}})[0].axis;
  };
  CHECK(axis_in("torch.conv2d(torch.reflection_pad2d(x, [1, 1, 1, 1]), self.weight)") == 1);
  CHECK(axis_in("torch.conv2d(torch.logcumsumexp(x, 2), self.weight)") == 1);
  CHECK(axis_in("torch.max_pool2d(torch.tanh(x), [2, 2])") == 1);
  CHECK(axis_in("torch.layer_norm(x, [6])") == 3);
  CHECK(axis_in("torch.conv2d(x, self.weight, None, [1, 1], \"same\")") == 1);
}

TEST_CASE("an axis that nothing tells is not guessed", "[compact]") {
  const auto body = "  return self.a.forward(torch.logcumsumexp(x, 3))\n";
  const Children layers = {{"a", layer("torch.logcumsumexp(x, 2).permute(0, 2, 3, 1)")}};
  const auto found = examined(body, layers, {"a"});
  CHECK_FALSE(found[0].channels.has_value());
  CHECK(contains(found[0].unknown, "layer 'a': which axis of its input [2, 3, 6, 6]"));
  CHECK(contains(found[0].unknown, "aten::logcumsumexp in 'a'"));
  const Error error = error_of([&] { groups(body, layers); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "give it \"align\": \"none\""));
}

TEST_CASE("channels that stay whatever is masked have the cause that compact would name",
          "[compact]") {
  const Children layers = {{"a", conv(3, 2)},
                           {"d", conv(2, 2, 2)},
                           {"g", layer("torch.logcumsumexp(x, 2)")},
                           {"b", conv(2, 4)},
                           {"c", conv(4, 2)}};
  const auto whole_chain =
      "  x = self.b.forward(self.g.forward(self.d.forward(self.a.forward(x))))\n"
      "  return self.c.forward(x)\n";
  const auto found = examined(whole_chain, layers, {"d", "b", "c"});
  const std::string read = "read by aten::logcumsumexp in 'g': no rule";
  CHECK(found[0].kept == Texts{read, read});  // a depthwise convolution keeps both sides or none
  CHECK(found[1].kept[0] == "made by aten::logcumsumexp in 'g': no rule");
  CHECK(found[2].kept == Texts{"", "", "", ""});
  // The depthwise convolution, not masked, hands on what its channels are kept for.
  const auto branch =
      "  x = self.a.forward(x)\n"
      "  return self.b.forward(x) + self.c.forward(self.b.forward(\n"
      "      self.g.forward(self.d.forward(x)))).mean()\n";
  CHECK(examined(branch, layers, {"b"})[0].kept[0] == read);
}

TEST_CASE("layers that are not among the masked ones keep what they read", "[compact]") {
  const auto found =
      examined("  x = self.a.forward(x)\n  return self.b.forward(x) + self.c.forward(x)\n",
               {{"a", conv(3, 4)}, {"b", conv(4, 2)}, {"c", conv(4, 2)}}, {"b"});
  CHECK(found[0].kept == Texts(4, "read by 'c'"));
}

// The shortcuts of CIFAR's ResNets: each stage's stream is the middle of the next one's, so that
// what reads the last one keeps all of them.
TEST_CASE("stages that shortcuts of zeros join are one group with one cause", "[compact]") {
  const auto body =
      "  x = torch.relu(self.stem.forward(x))\n"
      "  x = torch.relu(x + self.b1.forward(torch.relu(self.a1.forward(x))))\n"
      "  s = torch.constant_pad_nd(x[:, :, ::2, ::2], [0, 0, 0, 0, 2, 2])\n"
      "  x = torch.relu(s + self.b2.forward(torch.relu(self.a2.forward(x)[:, :, ::2, ::2])))\n"
      "  x = torch.relu(x + self.b3.forward(torch.relu(self.a3.forward(x))))\n"
      "  return self.fc.forward(x.mean([2, 3]))\n";
  const Children layers = {{"stem", conv(3, 4)}, {"a1", conv(4, 5)},  {"b1", conv(5, 4)},
                           {"a2", conv(4, 8)},   {"b2", conv(8, 8)},  {"a3", conv(8, 6)},
                           {"b3", conv(6, 8)},   {"fc", linear(8, 2)}};
  const auto streams = examined(body, layers, {"a1", "a2", "a3", "b2"});
  CHECK(streams[0].kept == Texts(4, "read by 'fc'"));
  CHECK(streams[1].kept == Texts(4, "read by 'fc'"));
  CHECK(streams[2].kept == Texts(8, "read by 'fc'"));
  CHECK(streams[3].kept == Texts(8, ""));  // the inside of a block is its own
  const auto& first = streams[0].channels->classes;
  const auto& last = streams[2].channels->classes;
  CHECK(first == std::vector<int64_t>(last.begin() + 2, last.begin() + 6));
  CHECK(streams[0].channels->sets[0] == streams[2].channels->sets[0]);
  const auto whole = examined(body, layers, {"a1", "a2", "a3", "fc"});
  for (const auto& layer : whole) CHECK(layer.kept == Texts(layer.kept.size(), ""));
}

TEST_CASE("a head is one decision, with the keys and values that it shares", "[compact]") {
  const auto found = groups(
      "  y = x.flatten(2).transpose(1, 2)\n"
      "  n, l, e = y.size()\n"
      "  q = self.q.forward(y).view(n, l, 4, 2).transpose(1, 2)\n"
      "  k = self.k.forward(y).view(n, l, 2, 2).transpose(1, 2).repeat_interleave(2, 1)\n"
      "  v = self.v.forward(y).view(n, l, 2, 2).transpose(1, 2).repeat_interleave(2, 1)\n"
      "  a = torch.softmax(torch.matmul(q, k.transpose(2, 3)), -1)\n"
      "  return self.o.forward(torch.matmul(a, v).transpose(1, 2).reshape(n, l, 8))\n",
      {{"q", linear(3, 8)}, {"k", linear(3, 4)}, {"v", linear(3, 4)}, {"o", linear(8, 3)}});
  const auto& classes = found[3].classes;  // of four heads of two channels
  CHECK(std::set<int64_t>(classes.begin(), classes.begin() + 4).size() == 1);
  CHECK(std::set<int64_t>(classes.begin() + 4, classes.end()).size() == 1);
  CHECK(classes[0] != classes[4]);
  CHECK(found[3].sets[0] == found[3].sets[4]);
}
