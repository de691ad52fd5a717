// Masks follow their layers, wherever the state's tensors are. The meta device stands for a second
// one: it has tensors, but computes nothing.
#include "model/apply_masks.h"
#include "model/device_of.h"
#include "model/layer_tree.h"
#include "model/layer_weights.h"
#include "model/load_model.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

TEST_CASE("every mask buffer is where its layer is", "[model]") {
  const Module model = nested();
  find_layer(model, "block2.fc").setattr("weight", tensor1d({3}).to(at::kMeta));
  const at::Tensor mask = tensor1d({0, 1});
  const Module masked = apply_masks(model, {{{"block1.fc"}, mask}, {{"block2.fc"}, mask}});
  const auto buffer = [&](const char* block) {
    return find_layer(masked, std::string(block) + ".fc").attr("activation_mask").toTensor();
  };
  CHECK(buffer("block1").device() == at::kCPU);
  CHECK(buffer("block2").device() == at::kMeta);
  CHECK(buffer("block1").data_ptr() != mask.data_ptr());
}

TEST_CASE("a layer without tensors has its model's device", "[model]") {
  const Module model = make_module("Wrapped",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.fc.forward(self.act.forward(x))\n",
                                   {{"fc", scale(2)},
                                    {"act", make_module("Act",
                                                        "def forward(self, x: Tensor) -> Tensor:\n"
                                                        "  return torch.relu(x)\n")}});
  find_layer(model, "fc").setattr("weight", tensor1d({2}).to(at::kMeta));
  const Module masked = apply_masks(model, {{{"act"}, tensor1d({0, 1})}});
  CHECK(find_layer(masked, "act").attr("activation_mask").toTensor().device() == at::kMeta);
  CHECK(device_of(find_layer(model, "act")) == at::kCPU);
  CHECK(device_of(model) == at::kMeta);
}

TEST_CASE("weights are those of layers that have one", "[model]") {
  const Module model = chain();
  const Weights weights = layer_weights(model, {{"a"}, {"b"}, {""}});
  CHECK(weights.size() == 2);
  CHECK(weights.at("b").weight.item<double>() == 3);
}

TEST_CASE("a model through an archive shares nothing with the first", "[model]") {
  const Module model = chain();
  const Module again = through_archive(model, "cpu");
  CHECK(bit_equal(run_forward(again, tensor1d({1, -2})), run_forward(model, tensor1d({1, -2}))));
  CHECK(layer_weights(again, {{"a"}}).at("a").weight.data_ptr() !=
        layer_weights(model, {{"a"}}).at("a").weight.data_ptr());
}
