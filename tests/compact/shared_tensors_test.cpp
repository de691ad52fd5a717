// Tensors that several layers, names or calls share.
#include <torch/csrc/jit/api/module.h>

#include "compact/cost.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

using torch::jit::Module;

CompactOptions form(bool keeps_modules) { return {1e-5, "off", keeps_modules}; }

Module layer_of(const at::Tensor& weights, const at::Tensor& bias, const at::Tensor& dropped = {}) {
  Module module("__torch__.Linear");
  module.register_parameter("weight", weights, false);
  module.register_parameter("bias", bias, false);
  if (dropped.defined()) module.register_buffer("activation_mask", dropped);
  module.define(std::string("def forward(self, x: Tensor) -> Tensor:\n") +
                (dropped.defined() ? "  x = x * self.activation_mask\n" : "") +
                "  return torch.linear(x, self.weight, self.bias)\n");
  return module;
}

Module layer_of(int64_t out, int64_t in, const at::Tensor& dropped = {}) {
  return layer_of(weight({out, in}), weight({out}), dropped);
}

// i (3 -> 6), a and b (6 -> 6, one weight and bias), o (6 -> 2); masks before a, b and o.
Module tied(const at::Tensor& a, const at::Tensor& b, const at::Tensor& o) {
  const auto weights = weight({6, 6}), bias = weight({6});
  return net(
      "  y = torch.relu(self.a.forward(torch.relu(self.i.forward(x))))\n"
      "  return self.o.forward(torch.relu(self.b.forward(y)))\n",
      {},
      {{"i", layer_of(6, 3)},
       {"a", layer_of(weights, bias, a)},
       {"b", layer_of(weights, bias, b)},
       {"o", layer_of(2, 6, o)}});
}

at::Tensor tensor(const Module& model, const std::string& layer, const std::string& name) {
  return model.attr(layer).toModule().attr(name).toTensor();
}

bool is_one(const at::Tensor& a, const at::Tensor& b) { return a.data_ptr() == b.data_ptr(); }

std::string reason(const Compacted& result, const std::string& layer) {
  for (const auto& mask : result.masks)
    if (mask.layer == layer && !mask.kept.empty()) return mask.kept.front().second;
  return "";
}

int64_t removed(const Compacted& result) {
  int64_t sum = 0;
  for (const auto& mask : result.masks) sum += mask.removed;
  return sum;
}

}  // namespace

TEST_CASE("parameters that share memory count once", "[compact]") {
  const auto flat = weight({36});
  const auto weights = weight({6, 6});
  CHECK(count_parameters(net("  return x\n", {{"a", weights}, {"b", weights}})) == 36);
  CHECK(count_parameters(net("  return x\n", {{"a", weights}, {"b", weights.t()}})) == 36);
  CHECK(count_parameters(net("  return x\n",
                             {{"a", flat.slice(0, 0, 20)}, {"b", flat.slice(0, 10, 36)}})) == 36);
  CHECK(count_parameters(net("  return x\n", {{"a", weights.slice(1, 0, 1)}})) == 6);
  CHECK(stored_bytes(net("  return x\n", {{"a", flat.slice(0, 0, 20)}})) == 36 * 4);
}

TEST_CASE("tied weights that change alike stay tied", "[compact]") {
  const bool keeps_modules = GENERATE(true, false);
  const auto dropped = mask(6, {1, 4}, 0);
  const auto result = compacted(tied(dropped, dropped, dropped), {3}, form(keeps_modules));
  CHECK(removed(result) == 6);
  for (const Module& small : {result.module, reloaded(result.module)}) {
    CHECK(tensor(small, "a", "weight").sizes() == at::IntArrayRef({4, 4}));
    CHECK(is_one(tensor(small, "a", "weight"), tensor(small, "b", "weight")));
    CHECK(is_one(tensor(small, "a", "bias"), tensor(small, "b", "bias")));
    CHECK(count_parameters(small) == 4 * 3 + 4 + 4 * 4 + 4 + 2 * 4 + 2);
  }
}

TEST_CASE("tied weights that would be larger apart stay whole, and it is told why", "[compact]") {
  const bool keeps_modules = GENERATE(true, false);
  const auto all = mask(6, {}, 0);
  const auto masked = tied(all, mask(6, {1}, 0), all);
  const auto result = compacted(masked, {3}, form(keeps_modules));
  CHECK(removed(result) == 0);
  CHECK(contains(reason(result, "b"), "its weight is shared with '"));
  CHECK(is_one(tensor(result.module, "a", "weight"), tensor(result.module, "b", "weight")));
  CHECK(count_parameters(result.module) <= count_parameters(masked));
  CHECK(stored_bytes(result.module) <= stored_bytes(masked));
}

TEST_CASE("tied weights part where that is smaller all the same", "[compact]") {
  const bool keeps_modules = GENERATE(true, false);
  const auto all = mask(6, {}, 0);
  const auto masked = tied(all, mask(6, {0, 1, 2, 3}, 0), all);
  const auto result = compacted(masked, {3}, form(keeps_modules));
  CHECK(removed(result) == 4);
  CHECK(tensor(result.module, "a", "weight").sizes() == at::IntArrayRef({2, 6}));
  CHECK(tensor(result.module, "b", "weight").sizes() == at::IntArrayRef({6, 2}));
  CHECK(stored_bytes(result.module) < stored_bytes(masked));
}

TEST_CASE("a weight and its transpose are one", "[compact]") {
  const bool keeps_modules = GENERATE(true, false);
  const auto weights = weight({4, 6});
  const auto masked = net("  return self.b.forward(torch.relu(self.a.forward(x)))\n", {},
                          {{"a", layer_of(weights, weight({4}))},
                           {"b", layer_of(weights.t(), weight({6}), mask(4, {2}, 0))}});
  const auto result = compacted(masked, {6}, form(keeps_modules));
  CHECK(count_parameters(masked) == 24 + 10);
  CHECK(stored_bytes(result.module) <= stored_bytes(masked));
  CHECK(contains(reason(result, "b"), "its weight is shared with '"));
}

TEST_CASE("buffers of several names stay one tensor", "[compact]") {
  const bool keeps_modules = GENERATE(true, false);
  const auto table = weight({6});
  const auto scaled = [&](int64_t out, int64_t in) {
    Module module = layer_of(out, in);
    module.register_buffer("table", table);
    module.define(
        "def scaled(self, x: Tensor) -> Tensor:\n"
        "  return self.forward(x) * self.table\n");
    return module;
  };
  const auto dropped = mask(6, {1, 4}, 0);
  const auto masked =
      net("  y = torch.relu(self.a.scaled(x)) * self.activation_mask\n"
          "  return self.o.forward(torch.relu(self.b.scaled(y)))\n",
          {{"activation_mask", dropped}},
          {{"a", scaled(6, 3)}, {"b", scaled(6, 6)}, {"o", layer_of(2, 6, dropped)}});
  const auto result = compacted(masked, {3}, form(keeps_modules));
  CHECK(removed(result) == 4);
  CHECK(is_one(tensor(result.module, "a", "table"), tensor(result.module, "b", "table")));
}

TEST_CASE("views of one storage take only what is left of it", "[compact]") {
  const bool keeps_modules = GENERATE(true, false);
  const auto flat = weight({18 + 6 + 36 + 6 + 12 + 2});
  const auto part = [&](int64_t from, std::vector<int64_t> sizes) {
    int64_t count = 1;
    for (const int64_t size : sizes) count *= size;
    return flat.slice(0, from, from + count).view(sizes);
  };
  const auto masked =
      reloaded(net("  y = torch.relu(self.a.forward(torch.relu(self.i.forward(x))))\n"
                   "  return self.o.forward(y)\n",
                   {},
                   {{"i", layer_of(part(0, {6, 3}), part(18, {6}))},
                    {"a", layer_of(part(24, {6, 6}), part(60, {6}))},
                    {"o", layer_of(part(66, {2, 6}), part(78, {2}), mask(6, {1, 4}, 0))}}));
  const auto result = compacted(masked, {3}, form(keeps_modules));
  CHECK(removed(result) == 2);
  CHECK(stored_bytes(result.module) == 4 * (18 + 6 + 24 + 4 + 8 + 2));
}

TEST_CASE("a layer that is called twice becomes two only where that is smaller", "[compact]") {
  const auto called_twice = [](const std::vector<int64_t>& dropped) {
    return net(
        "  y = torch.relu(self.a.forward(torch.relu(self.a.forward(x)) * self.first_mask))\n"
        "  return torch.linear(y * self.second_mask, self.w)\n",
        {{"first_mask", mask(6, dropped, 0)},
         {"second_mask", mask(6, dropped, 0)},
         {"w", weight({2, 6})}},
        {{"a", layer_of(6, 6)}});
  };
  const auto larger = called_twice({1}), smaller = called_twice({0, 1, 4, 5});
  const auto whole = compacted(larger, {6}), two = compacted(smaller, {6});
  CHECK(removed(whole) == 0);
  CHECK(contains(reason(whole, ""), "its weight is read several times"));
  CHECK(stored_bytes(whole.module) <= stored_bytes(larger));
  CHECK(removed(two) == 8);
  CHECK(shapes(two.module).count("a.weight_1") == 1);
  CHECK(stored_bytes(two.module) < stored_bytes(smaller));
}

TEST_CASE("masks in loops and branches are told of, and nothing grows", "[compact]") {
  const bool keeps_modules = GENERATE(true, false);
  const auto loop =
      net("  y = self.a.forward(x)\n"
          "  for i in range(2):\n"
          "    y = self.a.forward(torch.relu(self.b.forward(torch.relu(y))))\n"
          "  return y\n",
          {}, {{"a", layer_of(8, 4)}, {"b", layer_of(4, 8, mask(8, {1, 4, 5}, 0))}});
  const auto branch =
      net("  y = self.a.forward(x)\n"
          "  if x.size(0) > 2:\n"
          "    z = self.b.forward(torch.relu(y))\n"
          "  else:\n"
          "    z = self.b.forward(y)\n"
          "  return z\n",
          {}, {{"a", layer_of(8, 4)}, {"b", layer_of(4, 8, mask(8, {1, 4, 5}, 0))}});
  const std::vector<std::pair<Module, std::string>> cases = {
      {loop, "it is called in a loop, or"},
      {branch, keeps_modules ? "a side of a branch that the data do not take: nothing"
                             : "in a side of prim::If that the data do not take"}};
  for (const auto& [masked, why] : cases) {
    const auto result = compacted(masked, {4}, form(keeps_modules));
    REQUIRE_FALSE(result.masks.empty());
    CHECK(result.masks.front().layer == "b");
    CHECK(result.masks.front().masked == 3);
    CHECK(contains(reason(result, "b"), why));
    CHECK(stored_bytes(result.module) <= stored_bytes(masked));
  }
}

TEST_CASE("a layer called in a loop and before it does not become two that are larger",
          "[compact]") {
  const bool keeps_modules = GENERATE(true, false);
  const auto masked =
      net("  y = self.b.forward(torch.relu(self.a.forward(x)))\n"
          "  for i in range(2):\n"
          "    y = self.b.forward(torch.relu(self.a.forward(y)))\n"
          "  return y\n",
          {}, {{"a", layer_of(8, 4)}, {"b", layer_of(4, 8, mask(8, {1, 4, 5, 7}, 0))}});
  const auto result = compacted(masked, {4}, form(keeps_modules));
  CHECK(result.masks.size() == 2);
  CHECK(removed(result) == 0);
  CHECK(count_parameters(result.module) == count_parameters(masked));
  CHECK(stored_bytes(result.module) <= stored_bytes(masked));
}
