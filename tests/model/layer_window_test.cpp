#include "model/layer_window.h"

#include <ATen/ATen.h>

#include "model/layer_weights.h"
#include "support/catch.h"
#include "support/models.h"
#include "support/networks.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

using Parameters = std::vector<std::pair<std::string, at::Tensor>>;

Module layer_with(const Parameters& parameters, const std::string& text) {
  Module module("Layer");
  for (const auto& [name, value] : parameters)
    module.register_parameter(name, value, /*is_buffer=*/false);
  module.define(text);
  return module;
}

// forward(x) with this body; its weight is normal.
Module layer(const std::vector<int64_t>& weight, const std::string& body) {
  return layer_with({{"weight", normal(weight, 1)}, {"bias", normal({1}, 2)}},
                    "def forward(self, x: Tensor) -> Tensor:\n  " + body + "\n");
}

std::optional<LayerWindow> window_in(const Module& module) {
  return layer_window(LayerUses(module), {""});
}

// That the columns of the window, times the weight, are what the layer gives (without bias).
void check_reads(const Module& module, const at::Tensor& input) {
  const auto found = window_in(module);
  REQUIRE(found);
  const at::Tensor expected = outputs(run_forward(module, input), found->window);
  const at::Tensor result = grouped(found->weight.to(at::kDouble), found->window)
                                .flatten(2)
                                .bmm(columns(input, found->window, {}));
  CHECK(result.sizes() == expected.sizes());
  CHECK(at::allclose(result, expected, 1e-4, 1e-4));
  CHECK_FALSE(found->has_other_padding);
}

}  // namespace

TEST_CASE("the window of a layer is that of its operator", "[model]") {
  const at::Tensor image = normal({2, 4, 7, 6}, 3), text = normal({2, 4, 9}, 4);
  check_reads(layer({6, 4}, "return torch.linear(x, self.weight)"), normal({2, 5, 4}, 5));
  check_reads(
      layer({6, 2, 3, 3}, "return torch.conv2d(x, self.weight, None, [2, 1], [1, 1], [1, 1], 2)"),
      image);
  check_reads(layer({6, 4, 3}, "return torch.conv1d(x, self.weight, None, [1], 'same')"), text);
  check_reads(layer({4, 3, 3, 3},
                    "return torch.conv_transpose2d(x, self.weight, None, [2, 2], [1, 1], [1, 1])"),
              image);
}

TEST_CASE("padding by zeros is part of the window, other padding is told", "[model]") {
  const at::Tensor image = normal({2, 4, 7, 6}, 3);
  check_reads(layer({6, 4, 3, 3},
                    "return torch.conv2d(torch.constant_pad_nd(x, [1, 2, 0, 1], 0), self.weight)"),
              image);
  const auto other = window_in(layer({6, 4, 3, 3},
                                     "return torch.conv2d(torch.reflection_pad2d(x, [1, 1, 1, 1]), "
                                     "self.weight)"));
  REQUIRE(other);
  CHECK(other->has_other_padding);
  CHECK_FALSE(window_in(layer({6, 4, 3, 3},
                              "return torch.conv2d(torch.constant_pad_nd(x, [0, 0, 0, 0, 1, 1], "
                              "0), self.weight)")));
}

TEST_CASE("sizes, checks and constant conditions do not hide the operator", "[model]") {
  check_reads(layer({6, 4, 3, 3},
                    "mode = 'zeros'\n"
                    "  if x.dim() != 4:\n"
                    "    print(x.size(0))\n"
                    "  if mode != 'zeros':\n"
                    "    y = torch.conv2d(torch.reflection_pad2d(x, [1, 1, 1, 1]), self.weight)\n"
                    "  else:\n"
                    "    y = torch.conv2d(x, self.weight, None, [1, 1], [1, 1])\n"
                    "  return y"),
              normal({2, 4, 7, 6}, 3));
}

TEST_CASE("an optional argument counts as not given", "[model]") {
  const Module module = layer_with(
      {{"weight", normal({4, 3, 3}, 1)}},
      "def padding(self, size: Optional[List[int]]) -> List[int]:\n"
      "  if size is None:\n"
      "    return [1]\n"
      "  return [size[0] - 4]\n"
      "def forward(self, x: Tensor, size: Optional[List[int]] = None) -> Tensor:\n"
      "  return torch.conv_transpose1d(x, self.weight, None, [2], [0], self.padding(size))\n");
  check_reads(module, normal({2, 4, 9}, 4));
}

TEST_CASE("a layer whose input has another reader has no window", "[model]") {
  for (const char* body :
       {"return x + torch.linear(x, self.weight)", "return torch.linear(x.relu(), self.weight)",
        "return torch.linear(self.weight, x)", "return torch.linear(x, self.weight * 2)",
        "return torch.linear(torch.linear(x, self.weight), self.weight) + x.mean()",
        "return torch.relu(x)", "return x"})
    CHECK_FALSE(window_in(layer({4, 4}, body)));
  CHECK_FALSE(window_in(
      layer({4, 4, 3}, "return torch.conv1d(x, self.weight, None, [x.size(0)], [1], [1], 1)")));
}

TEST_CASE("a wrapper's window is that of the operator inside", "[model]") {
  const Module wrapper = make_module(
      "Wrapper", "def forward(self, x: Tensor) -> Tensor:\n  return self.fc.forward(x).relu()\n",
      {{"fc", linear_layer(4, 6)}});
  const auto found = window_in(wrapper);
  REQUIRE(found);
  CHECK(found->window.is_matrix());
  const auto weight = layer_weight(LayerUses(wrapper), {""});
  REQUIRE(weight);
  CHECK(weight->weight.sizes() == at::IntArrayRef({6, 4}));
  CHECK(weight->by_input.sizes() == at::IntArrayRef({1, 6, 4, 1}));
}

TEST_CASE("weights come by what they read", "[model]") {
  const Module net = small_cnn();
  const auto grouped_one = layer_weight(LayerUses(net), {"conv2"});
  REQUIRE(grouped_one);
  CHECK(grouped_one->by_input.sizes() == at::IntArrayRef({2, 4, 4, 9}));
  CHECK(grouped_one->channel_dim == -3);
  const auto norm = layer_weight(LayerUses(net), {"bn1"});
  REQUIRE(norm);
  CHECK(norm->weight.dim() == 1);
  CHECK_FALSE(norm->by_input.defined());
}

TEST_CASE("the weight of a recurrent layer is that of its input", "[model]") {
  const std::string body = "def forward(self, x: Tensor) -> Tensor:\n  return x\n";
  const at::Tensor there = normal({8, 3}, 1), back = normal({8, 3}, 2);
  const auto both = layer_weight(
      LayerUses(layer_with({{"weight_ih_l0", there}, {"weight_ih_l0_reverse", back}}, body)), {""});
  REQUIRE(both);
  CHECK(bit_equal(both->weight, at::cat({there, back})));
  CHECK(bit_equal(both->by_input.view({16, 3}), both->weight));
  CHECK(both->channel_dim == -1);
  const auto cell = layer_weight(LayerUses(layer_with({{"weight_ih", there}}, body)), {""});
  REQUIRE(cell);
  CHECK(bit_equal(cell->weight, there));
  CHECK_FALSE(layer_weight(LayerUses(layer_with({}, body)), {""}));
}
