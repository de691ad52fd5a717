// A small model that has the modules of the masked one.
#include <torch/csrc/jit/api/module.h>

#include "compact/nets.h"
#include "model/apply_masks.h"
#include "support/catch.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;

namespace {

using torch::jit::Module;

CompactOptions keeping(const std::string& gather = "off") { return {1e-5, gather, true}; }

// A layer with the code of torch.nn.Conv2d: another method that takes the tensors as arguments.
Module conv(int64_t outputs, int64_t inputs, bool has_bias, const Tensors& more = {}) {
  Module module("__torch__.Conv");
  module.register_parameter("weight", weight({outputs, inputs, 3, 3}), false);
  if (has_bias)
    module.register_parameter("bias", weight({outputs}), false);
  else
    module.register_attribute("bias", c10::NoneType::get(), c10::IValue());
  for (const auto& [name, tensor] : more) module.register_buffer(name, tensor);
  module.define(
      "def _conv(self, x: Tensor, w: Tensor, b: Optional[Tensor]) -> Tensor:\n"
      "  return torch.conv2d(x, w, b, [1, 1], [1, 1])\n");
  module.define(std::string("def forward(self, x: Tensor) -> Tensor:\n") +
                (more.empty() ? "" : "  x = x * self.activation_mask\n") +
                "  return self._conv(x, self.weight, self.bias)\n");
  return module;
}

Module model(const Layers& layers, const std::string& body, const Tensors& tensors = {}) {
  return net(body, tensors, layers);
}

Module two_convs() {
  return model({{"conv1", conv(6, 3, true)},
                {"conv2", conv(4, 6, true, {{"activation_mask", mask(6, {1, 4}, 2)}})}},
               "  return self.conv2.forward(torch.relu(self.conv1.forward(x)))\n");
}

}  // namespace

TEST_CASE("with kept modules tensors are sliced in place", "[compact]") {
  const auto result = compacted(two_convs(), {3, 6, 6}, keeping());
  CHECK(shapes(result.module) == Shapes{{"conv1.weight", {4, 3, 3, 3}},
                                        {"conv1.bias", {4}},
                                        {"conv2.weight", {4, 4, 3, 3}},
                                        {"conv2.bias", {4}}});
  CHECK(result.masks.at(0).removed == 2);
  Module layer = result.module.attr("conv2").toModule();
  const auto y = layer.forward({normal({1, 4, 6, 6}, 1)});
  CHECK(y.toTensor().size(1) == 4);
}

TEST_CASE("what has kept its modules can be masked and compacted again", "[compact]") {
  const auto once = compacted(two_convs(), {3, 6, 6}, keeping());
  const MaskSite site = {{"conv2", int64_t{0}}, mask(4, {0}, 2)};
  const auto again = apply_masks(once.module, {site});
  const auto twice = compacted(again, {3, 6, 6}, keeping());
  CHECK(shapes(twice.module).at("conv1.weight") == std::vector<int64_t>{3, 3, 3, 3});
}

TEST_CASE("the masked model stays as it was", "[compact]") {
  const auto masked = two_convs();
  const auto before = shapes(masked);
  compacted(masked, {3, 6, 6}, keeping());
  CHECK(shapes(masked) == before);
}

TEST_CASE("code that runs twice for other channels keeps them, and says so", "[compact]") {
  const auto masked =
      model({{"conv1", conv(6, 3, true)}, {"conv2", conv(6, 6, true)}},
            "  y = self.conv2.forward(torch.relu(self.conv1.forward(x)))\n"
            "  return torch.conv2d(self.conv2.forward(y) * self.activation_mask, self.w)\n",
            {{"activation_mask", mask(6, {0, 1, 3, 4, 5}, 2)}, {"w", weight({40, 6, 1, 1})}});
  const auto flat = compacted(masked, {3, 6, 6});
  CHECK(flat.masks.at(0).removed == 5);  // conv2 becomes two layers
  const auto result = compacted(masked, {3, 6, 6}, keeping());
  CHECK(result.masks.at(0).removed == 0);
  REQUIRE_FALSE(result.masks.at(0).kept.empty());
  CHECK(contains(result.masks.at(0).kept.at(0).second, "to keep the modules"));
}

TEST_CASE("code that runs twice for the same channels is changed once", "[compact]") {
  const auto masked =
      model({{"conv1", conv(6, 3, true)},
             {"conv2", conv(6, 6, true, {{"activation_mask", mask(6, {1, 4}, 2)}})}},
            "  y = self.conv2.forward(torch.relu(self.conv1.forward(x)))\n"
            "  return self.conv2.forward(y)[:, 0:2]\n");
  const auto result = compacted(masked, {3, 6, 6}, keeping());
  CHECK(result.masks.size() == 2);
}

TEST_CASE("code that runs in a branch too keeps its channels", "[compact]") {
  Module halves("__torch__.Halves");
  halves.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  a, b = torch.chunk(x, 2, 1)\n"
      "  return a + b\n");
  const auto masked =
      model({{"conv1", conv(6, 3, true)}, {"conv2", conv(6, 3, false)}, {"halves", halves}},
            "  z = self.halves.forward(self.conv1.forward(x)) * self.activation_mask\n"
            "  y = self.conv2.forward(x)\n"
            "  if x.size(0) > 2:\n    w = self.halves.forward(y)\n  else:\n    w = y[:, 0:3]\n"
            "  return torch.conv2d(z, self.w) + w\n",
            {{"activation_mask", mask(3, {1}, 2)}, {"w", weight({3, 3, 1, 1})}});
  const auto result = compacted(masked, {3, 6, 6}, keeping());
  CHECK(result.masks.at(0).removed == 0);
  REQUIRE_FALSE(result.masks.at(0).kept.empty());
  CHECK(contains(result.masks.at(0).kept.at(0).second, "to keep the modules"));
}

TEST_CASE("a mask that one of its calls must keep stays in both", "[compact]") {
  Module gate("__torch__.Gate");
  gate.register_buffer("activation_mask", mask(6, {1, 4}, 2));
  gate.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return x * self.activation_mask\n");
  const auto masked =
      model({{"conv1", conv(6, 3, true)}, {"conv2", conv(6, 6, true)}, {"gate", gate}},
            "  y = self.conv2.forward(self.gate.forward(self.conv1.forward(x)))\n"
            "  return torch.relu(self.gate.forward(y))\n");
  const auto result = compacted(masked, {3, 6, 6}, keeping());
  CHECK(shapes(result.module).count("gate.activation_mask") == 1);
  CHECK(shapes(result.module).at("conv1.weight")[0] == 6);
}

TEST_CASE("what removed channels add becomes a bias of the layer", "[compact]") {
  const auto depthwise = [] {
    Module module("__torch__.Depthwise");
    module.register_parameter("weight", weight({6, 1, 3, 3}), false);
    module.register_parameter("bias", weight({6}), false);
    module.register_buffer("activation_mask", mask(6, {1, 4}, 2));
    module.define(
        "def forward(self, x: Tensor) -> Tensor:\n"
        "  return torch.conv2d(x * self.activation_mask, self.weight, self.bias, [1, 1], [1, 1], "
        "[1, 1], 6)\n");
    return module;
  };
  Module last("__torch__.Last");
  last.register_parameter("weight", weight({2, 6, 1, 1}), false);
  last.register_attribute("bias", c10::NoneType::get(), c10::IValue());
  last.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.conv2d(x, self.weight, self.bias)\n");
  const auto masked = model(
      {{"conv1", conv(6, 3, true)}, {"depthwise", depthwise()}, {"last", last}},
      "  return self.last.forward(torch.sigmoid(self.depthwise.forward(self.conv1.forward(x))))\n");
  const auto result = compacted(masked, {3, 6, 6}, keeping());
  const auto small = shapes(result.module);
  CHECK(small.at("depthwise.weight") == std::vector<int64_t>{4, 1, 3, 3});
  CHECK(small.at("last.removed_bias") == std::vector<int64_t>{2});
}

TEST_CASE("numbers in the code of modules change with the channels", "[compact]") {
  const auto masked =
      model({{"conv1", conv(8, 3, true)},
             {"conv2", conv(4, 4, true, {{"activation_mask", mask(4, {1, 2}, 2)}})}},
            "  y = self.conv1.forward(x)\n"
            "  a, b = torch.chunk(y, 2, 1)\n"
            "  z = torch.flatten(self.conv2.forward(a + b), 1).view([-1, 4, 36])\n"
            "  return torch.linear(z.reshape([x.size(0), 144]) * self.activation_mask, self.w)\n",
            {{"activation_mask", mask(
                                     144,
                                     [] {
                                       std::vector<int64_t> plane(36);
                                       for (int64_t i = 0; i < 36; ++i) plane[i] = 36 + i;
                                       return plane;
                                     }(),
                                     0)},
             {"w", weight({5, 144})}});
  const auto result = compacted(masked, {3, 6, 6}, keeping());
  const auto small = shapes(result.module);
  CHECK(small.at("conv1.weight")[0] == 4);
  CHECK(small.at("conv2.weight") == std::vector<int64_t>{3, 2, 3, 3});
  CHECK(small.at("w") == std::vector<int64_t>{5, 108});
}

TEST_CASE("modules can pick their channels", "[compact]") {
  const auto masked =
      model({{"conv1", conv(6, 3, true)},
             {"conv2", conv(4, 6, true, {{"activation_mask", mask(6, {1, 4}, 2)}})},
             {"conv3", conv(4, 6, false, {{"activation_mask", mask(6, {0, 2}, 2)}})}},
            "  y = self.conv1.forward(x)\n"
            "  return self.conv2.forward(y) + self.conv3.forward(y)\n");
  const auto small = shapes(compacted(masked, {3, 6, 6}, keeping("always")).module);
  CHECK(small.at("conv2.weight")[1] == 4);
  CHECK(small.at("conv3.weight")[1] == 4);
  CHECK(small.at("conv2.gathered_channels") == std::vector<int64_t>{4});
  CHECK(small.count("conv2.activation_mask") == 0);
}

namespace {

// A convolution of 6 channels that reads all but `dropped`.
Module reads(int64_t outputs, const std::vector<int64_t>& dropped) {
  return conv(outputs, 6, true, {{"activation_mask", mask(6, dropped, 2)}});
}

// A sum that is written in place, with a second operand of which others read more, made between
// the first one and the sum: a residual block with a downsampling layer.
Module sum_in_place(const std::string& sum) {
  return model({{"conv1", conv(6, 3, true)},
                {"conv2", conv(6, 6, true)},
                {"conv3", conv(6, 6, false)},
                {"other", reads(4, {4, 5})},
                {"last", reads(4, {1, 2, 5})}},
               "  y = torch.relu_(self.conv1.forward(x))\n"
               "  a = self.conv2.forward(y)\n"
               "  b = self.conv3.forward(y)\n" +
                   sum +
                   "  z = self.last.forward(torch.relu_(a))\n"
                   "  return z + self.other.forward(b)\n");
}

}  // namespace

TEST_CASE("sums in place pick their channels", "[compact]") {
  const auto masked = sum_in_place("  a += b\n");
  auto flat = keeping("always");
  flat.keep_modules = false;
  const auto wanted = shapes(compacted(masked, {3, 6, 6}, flat).module);
  const auto small = shapes(compacted(masked, {3, 6, 6}, keeping("always")).module);
  for (const auto* name : {"conv1.weight", "conv2.weight", "conv3.weight", "last.weight"}) {
    CAPTURE(name);
    CHECK(small.at(name) == wanted.at(name));
  }
  CHECK(small.at("conv2.weight")[0] == 3);
  CHECK(small.at("conv3.weight")[0] == 5);
  CHECK(small.at("gathered_channels") == std::vector<int64_t>{3});  // of b, in the sum
  CHECK(small.count("last.gathered_channels") == 0);
}

TEST_CASE("what is written in place is read under its other names", "[compact]") {
  const auto code = GENERATE(
      std::string("  c = a.add_(b)\n"), std::string("  torch.relu_(a.add_(b))\n"),
      std::string("  c = torch.sigmoid_(a)\n  c += b\n"),
      std::string("  c = b.add_(a)\n  a = torch.sigmoid(c)\n"),
      std::string("  c = torch.sigmoid_(b)\n  c += a\n"), std::string("  b.mul_(2)\n  a += b\n"));
  CAPTURE(code);
  compacted(sum_in_place(code), {3, 6, 6}, keeping("always"));
}

TEST_CASE("a mask that protects a value from being written stays", "[compact]") {
  Module gate("__torch__.Gate");
  gate.register_buffer("activation_mask", mask(6, {1, 4}, 2));
  gate.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.relu_(x * self.activation_mask)\n");
  const bool keeps = GENERATE(true, false), is_view = GENERATE(true, false);
  CAPTURE(keeps, is_view);
  const auto masked =
      model({{"conv1", conv(6, 3, true)}, {"gate", gate}, {"conv2", reads(4, {1, 4})}},
            "  y = self.conv1.forward(x)\n" +
                std::string(is_view ? "  v = y.view(y.size())\n" : "  v = y\n") +
                "  return self.conv2.forward(self.gate.forward(v)) + self.conv2.forward(y)\n");
  const auto small = compacted(masked, {3, 6, 6}, {1e-5, "off", keeps});
  CHECK(small.masks.at(0).removed == 2);
}
