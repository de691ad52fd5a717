#include "model/functional_uses.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/csrc/jit/frontend/sugared_value.h>
#include <torch/jit.h>

#include "model/apply_masks.h"
#include "model/gate_counter.h"
#include "model/insert_observers.h"
#include "model/layer_tree.h"
#include "model/layer_uses.h"
#include "model/layer_weights.h"
#include "model/own_types.h"
#include "model/registrable_layers.h"
#include "model/verify_masks.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"
#include "support/networks.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

// Code that reads the weight of `proj` and never calls it, as nn.MultiheadAttention's does.
Module projecting(const Module& proj) {
  return make_module("Attention",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return torch.linear(x + 1, self.proj.weight, self.proj.bias)\n",
                     {{"proj", proj}});
}

// A function of a module of its own, as torch.nn.functional's: shared by all who call it.
struct Functions : torch::jit::Resolver {
  std::shared_ptr<torch::jit::CompilationUnit> unit = torch::jit::compile(
      "def inner(x, w):\n"
      "    return torch.matmul(x, w.t())\n"
      "def project(x, w, deep: bool):\n"
      "    return inner(x, w) if deep else x\n");
  std::shared_ptr<torch::jit::SugaredValue> resolveValue(const std::string& name,
                                                         torch::jit::GraphFunction&,
                                                         const torch::jit::SourceRange&) override {
    auto* function = unit->find_function(name);
    return function == nullptr ? nullptr : std::make_shared<torch::jit::FunctionValue>(function);
  }
};

std::shared_ptr<Functions> functions() {
  static const auto instance = std::make_shared<Functions>();
  return instance;
}

// Another Linear of the same class.
Module like(const Module& layer) {
  Module other(layer._ivalue()->compilation_unit(), layer.type());
  for (size_t i = 0; i < layer.type()->numAttributes(); ++i)
    other._ivalue()->setSlot(i, layer._ivalue()->getSlot(i));
  other.setattr("weight", normal({2, 2}, 19));
  return other;
}

std::string inner_text() {
  return torch::jit::toGraphFunction(functions()->unit->get_function("inner")).graph()->toString();
}

// first and second share a class, whose code calls the function with the weight of fc.
Module twins() {
  Module first("__torch__.Block");
  first.register_attribute("training", c10::BoolType::get(), true);
  first.register_module("fc", linear_layer(2, 2));
  first.define(
      "def forward(self, x: Tensor) -> Tensor:\n  return project(x, self.fc.weight, True)\n",
      functions());
  Module second(first._ivalue()->compilation_unit(), first.type());
  second.setattr("training", true);
  second.setattr("fc", like(first.attr("fc").toModule())._ivalue());
  return make_module("Root",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.second.forward(self.first.forward(x))\n",
                     {{"first", first}, {"second", second}});
}

// One weight for queries, keys and values, as nn.MultiheadAttention packs it.
Module packed() {
  Module module("__torch__.Packed");
  module.register_attribute("training", c10::BoolType::get(), true);
  module.register_parameter("in_proj_weight", normal({6, 2}, 1), /*is_buffer=*/false);
  module.register_parameter("out", normal({2, 3}, 2), /*is_buffer=*/false);
  module.define(
      "def forward(self, q: Tensor, k: Tensor) -> Tensor:\n"
      "  if q is k:\n"
      "    return torch.linear(q, self.in_proj_weight)\n"
      "  w_q, w_kv = torch.split(self.in_proj_weight, [2, 4])\n"
      "  both = torch.cat([torch.linear(q, w_q), torch.linear(k, w_kv)], -1)\n"
      "  return torch.cat([both, torch.matmul(q, self.out)], -1)\n");
  return module;
}

std::vector<std::string> texts(const Module& model) {
  std::vector<std::string> found;
  for (const auto& use : functional_uses(model, "forward"))
    found.push_back(use.layer + ": " + use.place() +
                    (use.obstacle.empty() ? "" : "; " + use.obstacle));
  return found;
}

using Texts = std::vector<std::string>;

Module masked_once(const Module& model, const std::string& layer, const at::Tensor& dense) {
  return apply_masks(model, {{{layer}, dense}});
}

int64_t calls_of(const Module& model, const std::string& layer,
                 const std::vector<c10::IValue>& arguments) {
  int64_t calls = 0;
  auto observed = insert_observers(model, {{{layer}, [&](const at::Tensor&) { ++calls; }}});
  observed.run(arguments);
  return calls;
}

const at::Tensor kept = tensor1d({1, 0});

}  // namespace

TEST_CASE("an operator that reads a layer's weight without a call is a use of the layer",
          "[model][uses]") {
  const Module model = projecting(linear_layer(2, 3));
  CHECK(texts(model) == Texts{"proj: aten::linear in the root"});
  const Module masked = masked_once(model, "proj", kept);
  CHECK(graph_text(masked) ==
        "graph(%0 : __torch__.Attention,\n"
        "      %1 : Tensor):\n"
        "  %2 : int = prim::Constant[value=1]()\n"
        "  %3 : Tensor = aten::add(%1, %2, %2)\n"
        "  %4 : __torch__.Linear = prim::GetAttr[name=\"proj\"](%0)\n"
        "  %5 : Tensor = prim::GetAttr[name=\"weight\"](%4)\n"
        "  %6 : __torch__.Linear = prim::GetAttr[name=\"proj\"](%0)\n"
        "  %7 : Tensor = prim::GetAttr[name=\"bias\"](%6)\n"
        "  %8 : __torch__.Linear = prim::GetAttr[name=\"proj\"](%0)\n"
        "  %9 : Tensor = prim::GetAttr[name=\"activation_mask\"](%8)\n"
        "  %10 : Tensor = aten::mul(%3, %9)\n"
        "  %11 : Tensor = aten::linear(%10, %5, %7)\n"
        "  return (%11)\n");
  const at::Tensor x = normal({4, 2}, 3);
  const at::Tensor expected = run_forward(find_layer(model, "proj"), (x + 1) * kept);
  CHECK(bit_equal(run_forward(masked, x), expected));
  CHECK(verify_masks(reloaded(masked), {{{"proj"}, kept}}, {x}).calls == 1);
  CHECK(calls_of(model, "proj", {x}) == 1);
}

TEST_CASE("a functional use that is masked again keeps both masks", "[model][uses]") {
  const Module once = masked_once(projecting(linear_layer(2, 3)), "proj", kept);
  const Module twice = masked_once(once, "proj", tensor1d({0, 1}));
  const at::Tensor x = normal({4, 2}, 3);
  CHECK(verify_masks(twice, {{{"proj"}, tensor1d({0, 1})}}, {x}).calls == 1);
  CHECK(bit_equal(run_forward(twice, x), run_forward(find_layer(once, "proj"), at::zeros({4, 2}))));
}

TEST_CASE("what a layer without a mask holds is no proof", "[model][uses]") {
  const Module model = projecting(linear_layer(2, 3));
  find_layer(model, "proj").register_buffer("activation_mask", kept);
  const Error error = error_of([&] {
    verify_masks(model, {{{"proj"}, kept}}, {normal({4, 2}, 3)});
  });
  CHECK(contains(error.what(), "does not multiply its input by activation_mask"));
}

TEST_CASE("code that layers share is made each one's own before it is masked", "[model][uses]") {
  const Module model = twins();
  const std::string before = all_graphs(model);
  const std::string inner = inner_text();
  CHECK(texts(model) ==
        Texts{"first.fc: aten::matmul in 'first'", "second.fc: aten::matmul in 'second'"});
  const Module masked = masked_once(model, "second.fc", kept);
  CHECK(all_graphs(model) == before);
  CHECK(inner_text() == inner);
  CHECK(graph_text(find_layer(masked, "first")) == graph_text(find_layer(model, "first")));
  const at::Tensor x = normal({4, 2}, 3);
  const auto product = [&](const at::Tensor& input, const char* layer) {
    return at::matmul(input, find_layer(model, layer).attr("weight").toTensor().t());
  };
  CHECK(bit_equal(run_forward(masked, x).detach(),
                  product(product(x, "first.fc") * kept, "second.fc").detach()));
  CHECK(calls_of(model, "first.fc", {x}) == 1);
}

TEST_CASE("a layer that is called has its calls alone", "[model][uses]") {
  const Module model = make_module("Tied",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  y = self.fc.forward(x)\n"
                                   "  return torch.matmul(y, self.fc.weight)\n",
                                   {{"fc", linear_layer(2, 3)}});
  CHECK(texts(model).empty());
  CHECK(calls_of(model, "fc", {normal({4, 2}, 3)}) == 1);
}

TEST_CASE("a parameter of another name is used under that name", "[model][uses]") {
  const Module model = packed();
  CHECK(texts(model).size() == 4);
  CHECK(texts(model).front() == "in_proj: aten::linear in the root");
  CHECK(texts(model).back() == "out: aten::matmul in the root");
  const at::Tensor q = normal({4, 2}, 3), k = normal({4, 2}, 4);
  CHECK(calls_of(model, "in_proj", {q, q}) == 1);
  CHECK(calls_of(model, "in_proj", {q, k}) == 2);
  Module masked = masked_once(model, "in_proj", kept);
  CHECK(masked.hasattr("in_proj_activation_mask"));
  CHECK(verify_masks(masked, {{{"in_proj"}, kept}}, {q, k}).calls == 2);
  const at::NoGradGuard guard;
  Module plain = model;
  CHECK(bit_equal(masked.forward({q, q}).toTensor(),
                  at::linear(q * kept, model.attr("in_proj_weight").toTensor())));
}

TEST_CASE("functional uses are listed behind their layers, and have weights", "[model][uses]") {
  const auto layers = registrable_layers(packed());
  REQUIRE(layers.size() == 3);
  CHECK(layers[1].name == "in_proj");
  CHECK(layers[1].type == "Linear (functional)");
  CHECK(layers[1].parameter == "in_proj_weight");
  CHECK(layers[2].functional == "aten::matmul in the root");
  const LayerUses uses(packed());
  const auto in_proj = layer_weight(uses, {"in_proj"}), out = layer_weight(uses, {"out"});
  REQUIRE(in_proj);
  REQUIRE(out);
  CHECK(in_proj->by_input.sizes() == at::IntArrayRef({1, 6, 2, 1}));
  CHECK(bit_equal(out->weight, normal({2, 3}, 2).t()));
  const auto proj = layer_weight(LayerUses(projecting(linear_layer(2, 3))), {"proj"});
  REQUIRE(proj);
  CHECK(proj->by_input.defined());
}

TEST_CASE("a weight that is handed over as an argument is told", "[model][uses]") {
  const Module helper = make_module("Helper",
                                    "def forward(self, x: Tensor, w: Tensor) -> Tensor:\n"
                                    "  return torch.linear(x, w)\n");
  const Module model = make_module("Root",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.helper.forward(x, self.fc.weight)\n",
                                   {{"helper", helper}, {"fc", linear_layer(2, 3)}});
  const Error error = error_of([&] { masked_once(model, "fc", kept); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(
      std::string(error.what()) ==
      "layer 'fc' cannot be observed: aten::linear in 'helper' is given its weight as an argument "
      "of 'forward'");
}

TEST_CASE("a layer that is handed a parameter is used, a product of parameters is no use",
          "[model][uses]") {
  Module model("__torch__.Queries");
  model.register_attribute("training", c10::BoolType::get(), true);
  model.register_parameter("queries", normal({2, 2}, 1), /*is_buffer=*/false);
  model.register_parameter("a", normal({2, 2}, 2), /*is_buffer=*/false);
  model.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  return torch.linear(self.queries.unsqueeze(0), self.a) + torch.mm(self.queries, "
      "self.a)\n");
  CHECK(texts(model) == Texts{"a: aten::linear in the root"});
}

TEST_CASE("a branch that a constant attribute decides is read alone", "[model][uses]") {
  Module model("__torch__.Decided");
  model.register_attribute("training", c10::BoolType::get(), true);
  model.register_attribute("packed", c10::BoolType::get(), false);
  model.register_attribute("spare", c10::OptionalType::create(c10::TensorType::get()),
                           c10::IValue());
  model.register_parameter("a", normal({2, 2}, 1), /*is_buffer=*/false);
  model.register_parameter("b", normal({2, 2}, 2), /*is_buffer=*/false);
  model.define(
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  if self.packed:\n"
      "    return torch.mm(x, self.a)\n"
      "  if self.spare is None:\n"
      "    return torch.mm(x, self.b)\n"
      "  return torch.mm(x, self.a)\n");
  CHECK(texts(model) == Texts{"b: aten::mm in the root"});
}

TEST_CASE("a functional use has one input, and an unread parameter none", "[model][uses]") {
  const Module model = packed();
  const Error input = error_of([&] { LayerUses(model).of({"in_proj", int64_t{1}}); });
  CHECK(contains(input.what(), "which has one activation"));
  Module spare = scale(2);
  spare.register_parameter("spare_weight", normal({2, 2}, 1), /*is_buffer=*/false);
  const Error unread = error_of([&] { LayerUses(spare).of({"spare"}); });
  CHECK(contains(unread.what(),
                 "no linear operator that can be observed reads the parameter "
                 "'spare_weight'"));
}

TEST_CASE("a functional use is gated, masked in front of it, verified and counted", "[model]") {
  const Module model = projecting(linear_layer(2, 3));
  const at::Tensor x = normal({5, 2}, 3), weight = tensor1d({1, 0}).to(at::kFloat);
  const ThresholdGate gate{at::scalar_tensor(0.9F), tensor1d({1, 2}).to(at::kFloat)};
  const std::vector<MaskSite> gates = {{{"proj"}, {}, gate}}, masks = {{{"proj"}, weight}};
  const auto expected = [&](const at::Tensor& entered) {
    return run_forward(linear_layer(2, 3),
                       entered * (entered.abs() * gate.factors > gate.threshold));
  };
  const Module gated = reloaded(apply_masks(model, gates));
  CHECK(bit_equal(run_forward(gated, x), expected(x + 1)));
  CHECK(verify_masks(gated, gates, {x}).calls == 1);
  const Module both = reloaded(apply_masks(gated, masks));
  CHECK(bit_equal(run_forward(both, x), expected((x + 1) * weight)));
  CHECK(verify_masks(both, masks, {x}).calls == 1);
  const Module counted = clone_with_own_types(both, modules_with_gates(both));
  GateCounter counter(counted);
  run_forward(counted, x);
  const auto counts = counter.take();
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].layer == "proj");
  CHECK(counts[0].elements == 10);
  CHECK(counts[0].zeros >= 5);
}
