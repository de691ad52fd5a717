#include "model/apply_masks.h"

#include <ATen/ops/scalar_tensor.h>
#include <caffe2/serialize/inline_container.h>

#include <sstream>

#include "model/insert_observers.h"
#include "model/layer_tree.h"
#include "model/load_model.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

Module masked(const Module& model, const std::string& layer, const at::Tensor& mask,
              const InputSelector& input = int64_t{0}) {
  return apply_masks(model, {{{layer, input}, mask}});
}

// All source code in a saved model.
std::string code_of(const Module& module) {
  std::istringstream in(saved(module));
  caffe2::serialize::PyTorchStreamReader reader(&in);
  std::string code;
  for (const auto& name : reader.getAllRecords()) {
    const auto [data, size] = reader.getRecord(name);
    if (name.rfind("code/", 0) == 0)
      code += std::string(static_cast<const char*>(data.get()), size);
  }
  return code;
}

std::vector<std::string> parameter_names(const Module& module) {
  std::vector<std::string> names;
  for (const auto& parameter : module.named_parameters()) names.push_back(parameter.name);
  return names;
}

std::vector<std::string> buffer_names(const Module& module) {
  std::vector<std::string> names;
  for (const auto& buffer : module.named_buffers()) names.push_back(buffer.name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a masked layer multiplies its input by its buffer, and nothing else changes",
          "[model]") {
  const Module model = chain();
  const std::string before = all_graphs(model);
  const Module clone = masked(model, "b", tensor1d({1, 0}));
  CHECK(graph_text(find_layer(clone, "b")) ==
        "graph(%0 : __torch__.Scale,\n"
        "      %1 : Tensor):\n"
        "  %2 : Tensor = prim::GetAttr[name=\"activation_mask\"](%0)\n"
        "  %3 : Tensor = aten::mul(%1, %2)\n"
        "  %4 : Tensor = prim::GetAttr[name=\"weight\"](%0)\n"
        "  %5 : Tensor = aten::mul(%3, %4)\n"
        "  return (%5)\n");
  CHECK(graph_text(find_layer(clone, "a")) == graph_text(find_layer(model, "a")));
  CHECK(graph_text(clone) == graph_text(model));
  CHECK(all_graphs(model) == before);
  CHECK(buffer_names(model).empty());
  CHECK(bit_equal(run_forward(clone, tensor1d({1, 2})), tensor1d({6, 0})));
}

TEST_CASE("a residual branch is not masked, and the caller's tensor is not written to", "[model]") {
  const at::Tensor x = tensor1d({1, 2});
  const Module clone = masked(residual(), "f", tensor1d({0, 1}));
  CHECK(bit_equal(run_forward(clone, x), tensor1d({1, 8})));
  CHECK(bit_equal(x, tensor1d({1, 2})));
}

TEST_CASE("every call is masked: loops, branches, forks, second names, keywords", "[model]") {
  const at::Tensor mask = tensor1d({1, 0});
  // By hand: 2x, 2(2x), 2(4x) + 1, then doubled; the masked element only keeps what is added.
  CHECK(bit_equal(run_forward(masked(repeated(), "a", mask), tensor1d({1, 1})), tensor1d({18, 0})));
  CHECK(bit_equal(run_forward(masked(forking(), "a", mask), tensor1d({1, 1})), tensor1d({4, 0})));
  CHECK(bit_equal(run_forward(masked(aliased(), "b", mask), tensor1d({1, 1})), tensor1d({4, 0})));
  CHECK(bit_equal(run_forward(masked(keyword_call(), "join", mask, "y"), tensor1d({1, 1})),
                  tensor1d({5, 1})));
  CHECK(bit_equal(run_forward(masked(keyword_call(), "join", mask), tensor1d({1, 1})),
                  tensor1d({5, 4})));
}

TEST_CASE("several layers are masked at once, the root among them", "[model]") {
  const Module clone = apply_masks(
      chain(),
      {{{""}, tensor1d({1, 1, 0})}, {{"a"}, tensor1d({1, 0, 1})}, {{"b"}, tensor1d({1, 1, 1})}});
  CHECK(bit_equal(run_forward(clone, tensor1d({1, 1, 1})), tensor1d({6, 0, 0})));
  CHECK(buffer_names(clone) == Names{"a.activation_mask", "b.activation_mask", "activation_mask"});
}

TEST_CASE("a layer that is masked again holds both masks", "[model]") {
  const Module once = masked(chain(), "b", tensor1d({1, 0, 1}));
  CHECK(mask_buffer(find_owner(once, "b")) == "activation_mask");
  CHECK(mask_buffer(find_owner(once, "a")).empty());
  const Module twice = masked(reloaded(once), "b", tensor1d({1, 1, 0}));
  CHECK(mask_buffer(find_owner(twice, "b")) == "activation_mask_1");
  CHECK(graph_text(find_layer(twice, "b")) ==
        "graph(%0 : __torch__.Scale,\n"
        "      %1 : Tensor):\n"
        "  %2 : Tensor = prim::GetAttr[name=\"activation_mask_1\"](%0)\n"
        "  %3 : Tensor = aten::mul(%1, %2)\n"
        "  %4 : Tensor = prim::GetAttr[name=\"activation_mask\"](%0)\n"
        "  %5 : Tensor = aten::mul(%3, %4)\n"
        "  %6 : Tensor = prim::GetAttr[name=\"weight\"](%0)\n"
        "  %7 : Tensor = aten::mul(%5, %6)\n"
        "  return (%7)\n");
  CHECK(bit_equal(run_forward(twice, tensor1d({1, 1, 1})), tensor1d({6, 0, 0})));
  CHECK(bit_equal(run_forward(once, tensor1d({1, 1, 1})), tensor1d({6, 0, 6})));
}

TEST_CASE("the masked model keeps the state_dict's keys and adds one buffer per layer", "[model]") {
  const Module model = counting();
  const Module clone = masked(model, "counter", tensor1d({1}));
  CHECK(parameter_names(clone) == parameter_names(model));
  CHECK(buffer_names(clone) == Names{"counter.calls", "counter.total", "counter.activation_mask"});
  CHECK(parameter_names(masked(chain(), "b", tensor1d({1}))) == Names{"a.weight", "b.weight"});
}

TEST_CASE("a saved masked model has plain operators only, and loads anywhere", "[model]") {
  const Module clone = masked(chain(), "b", tensor1d({1, 0}));
  const std::string code = code_of(clone);
  CHECK(contains(code, "activation_mask"));
  CHECK_FALSE(contains(code, "actsparse"));
  CHECK(bit_equal(run_forward(reloaded(clone), tensor1d({1, 2})), tensor1d({6, 0})));
  // The search finds what it looks for where it is.
  const auto ignore = [](const at::Tensor&) {};
  CHECK(contains(code_of(insert_observers(chain(), {{{"b"}, ignore}}).module()), "actsparse"));
}

TEST_CASE("a masked model can be frozen", "[model]") {
  Module clone = masked(chain(), "b", tensor1d({1, 0}));
  clone.eval();
  const Module frozen = torch::jit::freeze(clone);
  for (int run = 0; run < 3; ++run)
    CHECK(bit_equal(run_forward(frozen, tensor1d({1, 2})), tensor1d({6, 0})));
}

TEST_CASE("masks move with the model, and the caller's mask stays as it is", "[model]") {
  const at::Tensor mask = tensor1d({1, 0});
  Module clone = masked(chain(), "b", mask);
  clone.to(at::kDouble);
  CHECK(mask.scalar_type() == at::kFloat);
  CHECK(find_layer(clone, "b").attr("activation_mask").toTensor().scalar_type() == at::kDouble);
  CHECK(run_forward(clone, tensor1d({1, 2}).to(at::kDouble)).scalar_type() == at::kDouble);
}

TEST_CASE("all calls of a traced layer are masked", "[model]") {
  const Module layer = make_module("Layer",
                                   "def forward(self, x: Tensor) -> Tensor:\n  return x + 1\n"
                                   "def forward1(self, x: Tensor) -> Tensor:\n  return x + 2\n");
  const Module model = make_module("Root",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.a.forward1(self.a.forward(x))\n",
                                   {{"a", layer}});
  CHECK(bit_equal(run_forward(masked(model, "a", tensor1d({1, 0})), tensor1d({1, 1})),
                  tensor1d({4, 2})));
}

TEST_CASE("masks of ones leave the sample models' outputs as they are", "[model]") {
  Module model = load_model(source_dir() / "sample_models" / "digits_resnet.pt");
  model.eval();
  const at::Tensor x = normal({4, 1, 8, 8}, 5);
  const Module clone =
      apply_masks(model, {{{"block1.shared"}, tensor1d({1})}, {{"fc"}, tensor1d({1})}});
  CHECK(bit_equal(run_forward(clone, x), run_forward(model, x)));
  const Module blocked = masked(model, "fc", tensor1d({0}));
  const at::Tensor bias = find_layer(model, "fc").attr("bias").toTensor().detach();
  CHECK(bit_equal(run_forward(blocked, x), bias.expand({4, 10}).contiguous()));
}

TEST_CASE("masking nothing gives the same model", "[model]") {
  const Module model = chain();
  const Module clone = apply_masks(model, {});
  CHECK(graph_text(clone) == graph_text(model));
  CHECK(buffer_names(clone).empty());
}

TEST_CASE("a gate compares its layer's input with its buffers, in plain operators", "[model]") {
  const Module clone = apply_masks(chain(), {{{"b"}, {}, ThresholdGate{at::scalar_tensor(3.0F)}}});
  CHECK(graph_text(find_layer(clone, "b")) ==
        "graph(%0 : __torch__.Scale,\n"
        "      %1 : Tensor):\n"
        "  %2 : Tensor = aten::abs(%1)\n"
        "  %3 : Tensor = prim::GetAttr[name=\"activation_threshold\"](%0)\n"
        "  %4 : Tensor = aten::gt(%2, %3)\n"
        "  %5 : Tensor = aten::mul(%1, %4)\n"
        "  %6 : Tensor = prim::GetAttr[name=\"weight\"](%0)\n"
        "  %7 : Tensor = aten::mul(%5, %6)\n"
        "  return (%7)\n");
  CHECK(buffer_names(clone) == Names{"b.activation_threshold"});
  // 2x enters b: 2, 3 (not above), 8.
  CHECK(bit_equal(run_forward(reloaded(clone), tensor1d({1, 1.5, 4})), tensor1d({0, 0, 24})));
}

TEST_CASE("a gate's factors weigh what is compared, not what passes", "[model]") {
  const ThresholdGate gate{at::scalar_tensor(3.0F), tensor1d({2, 1, 0.25})};
  const Module clone = apply_masks(chain(), {{{"b"}, {}, gate}});
  CHECK(contains(graph_text(find_layer(clone, "b")),
                 "  %2 : Tensor = aten::abs(%1)\n"
                 "  %3 : Tensor = prim::GetAttr[name=\"activation_factors\"](%0)\n"
                 "  %4 : Tensor = aten::mul(%2, %3)\n"
                 "  %5 : Tensor = prim::GetAttr[name=\"activation_threshold\"](%0)\n"
                 "  %6 : Tensor = aten::gt(%4, %5)\n"
                 "  %7 : Tensor = aten::mul(%1, %6)\n"));
  CHECK(bit_equal(run_forward(clone, tensor1d({1, 1.5, 4})), tensor1d({6, 0, 0})));
  Module half = clone;
  half.to(at::kDouble);
  CHECK(run_forward(half, tensor1d({1, 1.5, 4}).to(at::kDouble)).scalar_type() == at::kDouble);
}

TEST_CASE("masks and gates of one layer are counted together", "[model]") {
  const ThresholdGate gate{at::scalar_tensor(3.0F)};
  const Module once = masked(chain(), "b", tensor1d({1, 0, 1}));
  const Module twice = apply_masks(reloaded(once), {{{"b"}, {}, gate}});
  CHECK(mask_buffer(find_owner(twice, "b")) == "activation_threshold_1");
  CHECK(bit_equal(run_forward(twice, tensor1d({1, 4, 4})), tensor1d({0, 0, 24})));
  const Module again = masked(reloaded(twice), "b", tensor1d({1, 1, 0}));
  CHECK(mask_buffer(find_owner(again, "b")) == "activation_mask_2");
  CHECK(bit_equal(run_forward(again, tensor1d({4, 4, 4})), tensor1d({24, 0, 0})));
}

TEST_CASE("a layer whose first mask is gone can be masked again", "[model]") {
  const ThresholdGate gate{at::scalar_tensor(3.0F)};
  Module layer("__torch__.Small");
  layer.register_attribute("training", c10::BoolType::get(), true);
  layer.register_buffer("activation_threshold_1", at::scalar_tensor(1.0F));
  layer.define("def forward(self, x: Tensor) -> Tensor:\n  return x\n");
  const Module model =
      make_module("Root", "def forward(self, x: Tensor) -> Tensor:\n  return self.a.forward(x)\n",
                  {{"a", layer}});
  CHECK(mask_buffer(find_owner(masked(model, "a", tensor1d({1})), "a")) == "activation_mask_2");
}

TEST_CASE("an unknown layer cannot be masked", "[model]") {
  CHECK(error_of([] { masked(chain(), "bb", tensor1d({1})); }).kind() == ErrorKind::Model);
}
