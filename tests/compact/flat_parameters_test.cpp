// --flat: every parameter and buffer keeps its name and kind, wherever the code finds it.
#include <ATen/TensorOperators.h>
#include <torch/csrc/jit/api/module.h>

#include "compact/cost.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

using torch::jit::Module;

const CompactOptions kFlat = {1e-5, "off", false}, kModules = {1e-5, "off", true};

// The small model's answer in double precision is the masked model's.
void check_moves(Module masked, Module small, const std::vector<int64_t>& sizes) {
  masked = reloaded(masked);
  small = reloaded(small);
  masked.to(at::kDouble);
  small.to(at::kDouble);
  const auto x = normal(sizes, 5).to(at::kDouble);
  const auto a = run_forward(masked, x), b = run_forward(small, x);
  CHECK(b.scalar_type() == at::kDouble);
  CHECK((a - b).abs().max().item<double>() < 1e-6);
}

Tensors lstm_tensors() {
  return {{"w_ih", weight({16, 3})},
          {"w_hh", weight({16, 4})},
          {"b_ih", weight({16})},
          {"b_hh", weight({16}, 2)}};
}

// As torch.nn.LSTM: its parameters are read from a list.
Module lstm() {
  Module module("__torch__.LSTM");
  c10::List<at::Tensor> all;
  for (const auto& [name, tensor] : lstm_tensors()) {
    module.register_parameter(name, tensor.detach().requires_grad_(true), false);
    all.push_back(module.attr(name).toTensor());
  }
  module.register_attribute("_flat_weights", c10::ListType::ofTensors(), all);
  module.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  h = torch.zeros([1, x.size(0), 4], dtype=x.dtype)\n"
      "  y, _, _ = torch.lstm(x, [h, h], self._flat_weights, True, 1, 0.0, False, False, True)\n"
      "  return y\n");
  return module;
}

Module linear(int64_t out, int64_t in) {
  Module module("__torch__.Linear");
  module.register_parameter("weight", weight({out, in}), false);
  module.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.linear(x, self.weight)\n");
  return module;
}

}  // namespace

TEST_CASE("a flat model has the parameters that stand in a list", "[compact]") {
  const auto masked =
      net("  y = self.g.forward(self.first.forward(x))\n"
          "  return torch.linear(torch.relu(self.a.forward(y)) * self.activation_mask, self.o)\n",
          {{"activation_mask", mask(8, {1, 3}, 0)}, {"o", weight({2, 8})}},
          {{"first", linear(3, 3)}, {"g", lstm()}, {"a", linear(8, 4)}});
  const auto result = compacted(masked, {5, 3}, kFlat);
  const auto small = shapes(result.module);
  CHECK(result.masks.at(0).removed == 2);
  for (const auto& [name, tensor] : lstm_tensors())
    CHECK(small.at("g." + name) == tensor.sizes().vec());
  CHECK(result.module.named_parameters().size() == 7);
  check_moves(masked, result.module, {2, 5, 3});
}

TEST_CASE("the columns of a list's weights are removed", "[compact]") {
  const bool is_flat = GENERATE(true, false);
  const auto masked =
      net("  return self.g.forward(self.first.forward(x) * self.activation_mask)\n",
          {{"activation_mask", mask(3, {1}, 0)}}, {{"first", linear(3, 3)}, {"g", lstm()}});
  const auto result = compacted(masked, {5, 3}, is_flat ? kFlat : kModules);
  CHECK(shapes(result.module).at("g.w_ih") == std::vector<int64_t>{16, 2});
  CHECK(shapes(result.module).at("first.weight") == std::vector<int64_t>{2, 3});
  check_moves(masked, result.module, {2, 5, 3});
}

TEST_CASE("a flat model has the parameters that stand in a tuple or a dictionary", "[compact]") {
  const auto first = weight({6, 3}), second = weight({6, 3}, 2);
  Module pair("__torch__.Pair"), named("__torch__.Named");
  for (Module* module : {&pair, &named}) {
    module->register_parameter("first", first, false);
    module->register_parameter("second", second, false);
  }
  pair.register_attribute("both",
                          c10::TupleType::create({c10::TensorType::get(), c10::TensorType::get()}),
                          c10::ivalue::Tuple::create(first, second));
  pair.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  a, b = self.both\n"
      "  return torch.linear(x, a) + torch.linear(x, b)\n");
  c10::Dict<std::string, at::Tensor> dict;
  dict.insert("a", first);
  dict.insert("b", second);
  named.register_attribute(
      "both", c10::DictType::create(c10::StringType::get(), c10::TensorType::get()), dict);
  named.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.linear(x, self.both['a']) + torch.linear(x, self.both['b'])\n");
  for (const Module& layer : {pair, named}) {
    const auto masked =
        net("  y = torch.relu(self.l.forward(x))\n"
            "  return torch.linear(y * self.activation_mask, self.o)\n",
            {{"activation_mask", mask(6, {1, 3}, 0)}, {"o", weight({2, 6})}}, {{"l", layer}});
    const auto result = compacted(masked, {3}, kFlat);
    CHECK(shapes(result.module).count("l.first") == 1);
    CHECK(shapes(result.module).count("l.second") == 1);
    CHECK(result.module.named_parameters().size() == 3);
    check_moves(masked, result.module, {2, 3});
  }
}

TEST_CASE("a weight in a list that is read twice for other channels keeps them", "[compact]") {
  Module layer("__torch__.Listed");
  layer.register_parameter("weight", weight({6, 6}), false);
  c10::List<at::Tensor> all;
  all.push_back(layer.attr("weight").toTensor());
  layer.register_attribute("all", c10::ListType::ofTensors(), all);
  layer.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.linear(x, self.all[0])\n"
      "def again(self, x: Tensor) -> Tensor:\n"
      "  return torch.linear(x, self.all[0])\n");
  const auto masked =
      net("  y = self.l.again(torch.relu(self.l.forward(x)) * self.first_mask)\n"
          "  return torch.linear(y * self.second_mask, self.o)\n",
          {{"first_mask", mask(6, {0, 1, 4, 5}, 0)},
           {"second_mask", mask(6, {1, 2, 3, 5}, 0)},
           {"o", weight({2, 6})}},
          {{"l", layer}});
  CHECK(compacted(masked, {6}, kFlat).masks.at(0).removed == 4);
  const auto result = compacted(masked, {6}, kModules);
  CHECK(result.masks.at(0).removed == 0);
  check_moves(masked, result.module, {2, 6});
}

namespace {

// i (3 -> 6), l (6 -> 6, its weight computed as `expression`), o; masked before l, and before o.
Module computed(const Tensors& tensors, const std::string& expression, bool is_masked = true) {
  Module module("__torch__.Computed");
  for (const auto& [name, tensor] : tensors) module.register_parameter(name, tensor, false);
  module.define("def forward(self, x: Tensor) -> Tensor:\n  return torch.linear(x, " + expression +
                ")\n");
  const auto dropped = mask(6, {1, 4}, 0);
  const auto none = mask(6, {}, 0);
  return net(
      "  y = self.l.forward(torch.relu(self.i.forward(x)) * self.first_mask)\n"
      "  z = torch.linear(torch.relu(y) * self.second_mask, self.o)\n"
      "  return torch.linear(torch.relu(z) * self.third_mask, self.p)\n",
      {{"first_mask", is_masked ? dropped : none},
       {"second_mask", is_masked ? dropped : none},
       {"third_mask", dropped},
       {"o", weight({6, 6})},
       {"p", weight({2, 6})}},
      {{"i", linear(6, 3)}, {"l", module}});
}

}  // namespace

TEST_CASE("what a weight is computed from stays, and shrinks with it", "[compact]") {
  const bool is_flat = GENERATE(true, false);
  const auto masked = computed({{"g", weight({6, 1}).abs()}, {"v", weight({6, 6})}},
                               "torch._weight_norm(self.v, self.g, 0)");
  const auto result = compacted(masked, {3}, is_flat ? kFlat : kModules);
  const auto small = shapes(result.module);
  CHECK(small.at("l.g") == std::vector<int64_t>{4, 1});
  CHECK(small.at("l.v") == std::vector<int64_t>{4, 4});
  CHECK(small.at("o") == std::vector<int64_t>{4, 4});
  CHECK(count_parameters(result.module) == 4 * 3 + 4 + 4 * 4 + 4 * 4 + 2 * 4);
  check_moves(masked, result.module, {2, 3});
}

TEST_CASE("a weight that nothing was removed of is computed as it was", "[compact]") {
  const auto masked = computed({{"g", weight({6, 1})}, {"v", weight({6, 6})}},
                               "torch.tanh(self.v) * self.g", false);
  const auto result = compacted(masked, {3}, kFlat);
  CHECK(shapes(result.module).at("l.g") == std::vector<int64_t>{6, 1});
  CHECK(shapes(result.module).at("l.v") == std::vector<int64_t>{6, 6});
  CHECK(shapes(result.module).count("constant") == 0);
  check_moves(masked, result.module, {2, 3});
}

TEST_CASE("a computed weight becomes a parameter where it cannot be computed again", "[compact]") {
  const bool is_flat = GENERATE(true, false);
  const auto masked =
      computed({{"g", weight({6, 1})}, {"v", weight({6, 6})}}, "torch.tanh(self.v) * self.g");
  const auto result = compacted(masked, {3}, is_flat ? kFlat : kModules);
  const auto small = shapes(result.module);
  CHECK(small.at("l.weight") == std::vector<int64_t>{4, 4});
  CHECK(small.count("l.v") == 0);
  CHECK(small.count("l.g") == 0);
  CHECK(stored_bytes(result.module) < stored_bytes(masked));
  check_moves(masked, result.module, {2, 3});
}

TEST_CASE("a table that code computes is no tensor of the flat model", "[compact]") {
  const auto masked =
      net("  table = torch.tril(torch.ones([64, 64]))\n"
          "  y = torch.linear(x, self.w) * self.activation_mask\n"
          "  return torch.linear(y, self.o) + table[0:1, 0:2]\n",
          {{"activation_mask", mask(6, {1, 4}, 0)}, {"w", weight({6, 3})}, {"o", weight({2, 6})}});
  const auto result = compacted(masked, {3}, kFlat);
  CHECK(result.masks.at(0).removed == 2);
  CHECK(stored_bytes(result.module) == 4 * (4 * 3 + 2 * 4));
}
