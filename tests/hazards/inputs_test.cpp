// What a model's and a layer's arguments can be.
#include <ATen/ATen.h>

#include "hazards/flow.h"
#include "sparsifier/helpers.h"

using namespace actsparse;
using c10::IValue;
using torch::jit::Module;

TEST_CASE("hazard: a model of tuples, lists, dicts, optionals, ints and bools", "[hazards]") {
  const Module model = make_module(
      "Model",
      "def forward(self, x: Tensor, pair: Tuple[Tensor, int], items: List[Tensor],\n"
      "            table: Dict[str, Tensor], maybe: Optional[Tensor], n: int, flag: bool)"
      " -> Dict[str, Tuple[Tensor, List[Tensor]]]:\n"
      "  y = self.l.forward(x + pair[0] * pair[1] + items[0] + table['k'] + n)\n"
      "  if maybe is not None and flag:\n"
      "    y = y + maybe\n"
      "  return {'out': (y, [y, x])}\n",
      {{"l", twice()}});
  const at::Tensor x = normal({4, 3}, 1);
  c10::List<at::Tensor> items({normal({4, 3}, 3)});
  c10::Dict<std::string, at::Tensor> table;
  table.insert("k", normal({4, 3}, 4));
  const auto batch = [&](const IValue& maybe) {
    return Arguments{x,     c10::ivalue::Tuple::create({IValue(normal({4, 3}, 2)), IValue(3)}),
                     items, table,
                     maybe, int64_t{2},
                     true};
  };
  const auto done = flow(model, {{"l", int64_t{0}}}, {batch(normal({4, 3}, 5)), batch(IValue())});
  CHECK(done.layers[0].calls == 2);
}

TEST_CASE("hazard: a layer of several arguments, of which one is masked", "[hazards]") {
  const Module layer = make_module("Layer",
                                   "def forward(self, n: int, x: Tensor, y: Tensor, flag: bool)"
                                   " -> Tensor:\n  return x * n + y if flag else y\n");
  const Module model = make_module("Model",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.l.forward(3, x + 1, x, True)\n",
                                   {{"l", layer}});
  const std::vector<Arguments> batches = {{normal({4, 6}, 1)}, {normal({4, 6}, 2)}};
  const at::Tensor x = normal({2, 6}, 3);
  const auto by_position = flow(model, {{"l", int64_t{1}}}, batches);
  CHECK(bit_equal(run_forward(by_position.masked, x), ((x + 1) * by_position.mask()) * 3 + x));
  const auto by_name = flow(model, {{"l", std::string("y")}}, batches);
  CHECK(bit_equal(run_forward(by_name.masked, x), (x + 1) * 3 + x * by_name.mask()));
  CHECK(refusal(ErrorKind::Model, model, {{"l", int64_t{0}}}, batches) ==
        "layer 'l', method forward: input 0 is not a tensor; its arguments are 0: n (int), 1: x "
        "(Tensor), 2: y (Tensor), 3: flag (bool); choose another with \"input\"");
}

TEST_CASE("hazard: outputs without a tensor, or of none", "[hazards]") {
  const Module number = make_module(
      "Model", "def forward(self, x: Tensor) -> None:\n  self.l.forward(x)\n", {{"l", twice()}});
  CHECK(flow(number, {{"l", int64_t{0}}}, {{normal({4, 3}, 1)}}).layers[0].calls == 1);
}

TEST_CASE("hazard: a method other than forward", "[hazards]") {
  const Module model = make_module("Model",
                                   "def encode(self, x: Tensor, n: int) -> Tensor:\n"
                                   "  return self.l.forward(x) * n\n",
                                   {{"l", twice()}});
  const Arguments batch = {normal({4, 3}, 1), int64_t{2}};
  const auto done =
      flow(model, {{"l", int64_t{0}}}, {batch, batch}, nlohmann::json::object(), "encode");
  CHECK(done.layers[0].calls == 2);
}

TEST_CASE("hazard: weights that a layer is handed", "[hazards]") {
  const Module mix = make_module("Mix",
                                 "def forward(self, w: Tensor, x: Tensor) -> Tensor:\n"
                                 "  return torch.matmul(x, w)\n");
  Module model("__torch__.Model");
  model.register_parameter("w", normal({6, 6}, 1), false);
  model.register_module("l", mix);
  model.define("def forward(self, x: Tensor) -> Tensor:\n  return self.l.forward(self.w, x)\n");
  ActivationSparsifier sparsifier = sparsifier_of(model);
  sparsifier.register_layer("l");
  CHECK(sparsifier.layers().at(0).site.input == InputSelector(int64_t{1}));
  const std::vector<Arguments> batches = {{normal({4, 6}, 1)}, {normal({4, 6}, 2)}};
  const auto done = flow(model, {{"l", int64_t{1}}}, batches);
  const at::Tensor x = normal({2, 6}, 3);
  CHECK(
      bit_equal(run_forward(done.masked, x), (x * done.mask()).matmul(model.attr("w").toTensor())));
  sparsifier.register_layer("l", {}, InputSelector(int64_t{0}));
  CHECK(sparsifier.layers().at(0).site.input == InputSelector(int64_t{0}));
}

TEST_CASE("hazard: modules that are handed to others", "[hazards]") {
  const std::vector<Arguments> batches = {{normal({4, 6}, 1)}, {normal({4, 6}, 2)}};
  const auto done = flow(sharing(),
                         {{"b.fc", int64_t{0}},
                          {"a.act", int64_t{0}},
                          {"last", int64_t{1}},
                          {"last.inner.fc", int64_t{0}}},
                         batches);
  CHECK(done.layers[1].calls == 6);
  CHECK(done.layers[2].calls == 2);
}

TEST_CASE("hazard: a NestedTensor", "[hazards]") {
  const std::vector<Arguments> batches = {{normal({4, 3, 6}, 1)}, {normal({4, 3, 6}, 2)}};
  CHECK(contains(refusal(ErrorKind::Model, nesting(), {{"nested", int64_t{0}}}, batches),
                 "the input is a NestedTensor"));
  CHECK(flow(nesting(), {{"plain", int64_t{0}}}, batches).layers[0].calls == 2);
}
