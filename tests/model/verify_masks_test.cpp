#include "model/verify_masks.h"

#include <ATen/ops/scalar_tensor.h>

#include "model/layer_tree.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

const at::Tensor mask = tensor1d({1, 0});

std::vector<MaskSite> sites(const std::string& layer) { return {{{layer}, mask}}; }

Verification verify(const Module& model, const std::string& layer) {
  return verify_masks(model, sites(layer), {tensor1d({1, 2})});
}

Module masked(const Module& model, const std::string& layer) {
  return apply_masks(model, sites(layer));
}

std::string failure(const Module& model, const std::string& layer) {
  const Error error = error_of([&] { verify(model, layer); });
  CHECK(error.kind() == ErrorKind::Check);
  return error.what();
}

// A layer with a mask buffer whose forward is written by hand.
Module with_forward(const std::string& body) {
  Module layer("__torch__.Broken");
  layer.register_attribute("training", c10::BoolType::get(), true);
  layer.register_buffer("activation_mask", mask.clone());
  layer.register_buffer("other", mask.clone());
  layer.define("def forward(self, x: Tensor) -> Tensor:\n" + body);
  return make_module("Root",
                     "def forward(self, x: Tensor) -> Tensor:\n  return self.a.forward(x)\n",
                     {{"a", layer}});
}

}  // namespace

TEST_CASE("a masked model passes, with its layers and calls counted", "[model]") {
  const auto one = verify(reloaded(masked(chain(), "b")), "b");
  CHECK(one.layers == 1);
  CHECK(one.calls == 1);
  CHECK(verify(masked(repeated(), "a"), "a").calls == 4);
  CHECK(verify(masked(aliased(), "a"), "a").calls == 2);
  const std::vector<MaskSite> both = {{{"a"}, mask}, {{"b"}, tensor1d({0, 1})}};
  const auto two = verify_masks(apply_masks(chain(), both), both, {tensor1d({1, 2})});
  CHECK(two.layers == 2);
  CHECK(two.calls == 2);
}

TEST_CASE("the last of two masks is verified", "[model]") {
  const Module twice = apply_masks(apply_masks(chain(), {{{"b"}, tensor1d({0, 1})}}), sites("b"));
  CHECK(verify(twice, "b").calls == 1);
}

TEST_CASE("verification leaves the model as it was", "[model]") {
  const Module model = masked(counting(), "counter");
  const std::string before = saved(model);
  verify(model, "counter");
  const bool same_file = saved(model) == before;
  CHECK(same_file);
}

TEST_CASE("a layer that the batch does not call is checked by its structure", "[model]") {
  const std::string source =
      "def forward(self, x: Tensor) -> Tensor:\n"
      "  if bool(x.sum() < 0):\n"
      "    x = self.a.forward(x)\n"
      "  return x\n";
  const Module model = make_module("Root", source, {{"a", scale(2)}});
  CHECK(verify(masked(model, "a"), "a").calls == 0);
  Module broken("__torch__.Broken");
  broken.register_attribute("training", c10::BoolType::get(), true);
  broken.register_buffer("activation_mask", mask);
  broken.define("def forward(self, x: Tensor) -> Tensor:\n  return x\n");
  CHECK(contains(failure(make_module("Root", source, {{"a", broken}}), "a"), "does not multiply"));
}

TEST_CASE("a model without the mask is caught", "[model]") {
  CHECK(contains(failure(chain(), "b"), "layer 'b' has no mask buffer"));
}

TEST_CASE("a changed or a wrong mask is caught", "[model]") {
  const Module model = masked(chain(), "b");
  find_layer(model, "b").attr("activation_mask").toTensor().fill_(1);
  CHECK(contains(failure(model, "b"), "holds another mask than the state"));
  const Module wrong = apply_masks(chain(), {{{"b"}, tensor1d({0, 1})}});
  CHECK(contains(failure(wrong, "b"), "holds another mask than the state"));
  const Module wide = apply_masks(chain(), {{{"b"}, mask.to(at::kDouble)}});
  CHECK(contains(failure(wide, "b"), "holds another mask than the state"));
}

TEST_CASE("a removed multiplication is caught", "[model]") {
  CHECK(contains(failure(with_forward("  return torch.add(x, self.activation_mask)\n"), "a"),
                 "does not multiply its input by activation_mask in forward"));
  CHECK(contains(failure(with_forward("  return torch.relu(x)\n"), "a"), "does not multiply"));
}

TEST_CASE("a multiplication by something else is caught", "[model]") {
  CHECK(contains(failure(with_forward("  return torch.mul(x, self.other)\n"), "a"),
                 "does not multiply"));
  CHECK(contains(failure(with_forward("  return torch.mul(x, self.activation_mask + 0)\n"), "a"),
                 "does not multiply"));
}

TEST_CASE("code that reads the input beside the mask is caught", "[model]") {
  CHECK(contains(failure(with_forward("  return torch.mul(x, self.activation_mask) + x\n"), "a"),
                 "reads its input besides the mask"));
}

TEST_CASE("a mask that changes while the model runs is caught", "[model]") {
  const std::string body =
      "  self.activation_mask.zero_()\n"
      "  return torch.mul(x, self.activation_mask)\n";
  CHECK(contains(failure(with_forward(body), "a"), "does not see input * mask in call 1"));
}

TEST_CASE("a batch that the model rejects is the data's error", "[model]") {
  const Error error = error_of([] {
    verify_masks(masked(chain(), "b"), sites("b"), {tensor1d({1, 2, 3})});
  });
  CHECK(error.kind() == ErrorKind::Data);
}

TEST_CASE("an empty batch has no bytes to compare and passes", "[model]") {
  const std::vector<MaskSite> one = {{{"b"}, tensor1d({1})}};
  const Module model = reloaded(apply_masks(chain(), one));
  const at::Tensor empty = tensor1d({1, 2}).narrow(0, 0, 0);
  CHECK(verify_masks(model, one, {empty}).calls == 1);
}

namespace {

const ThresholdGate kVerifiedGate{at::scalar_tensor(3.0F), tensor1d({2, 1})};

std::vector<MaskSite> gate_sites(const ThresholdGate& of = kVerifiedGate) {
  return {{{"b"}, {}, of}};
}

std::string gate_failure(const Module& model, const std::string& layer = "b") {
  const std::vector<MaskSite> sites = {{{layer}, {}, kVerifiedGate}};
  const Error error = error_of([&] { verify_masks(model, sites, {tensor1d({1, 2})}); });
  CHECK(error.kind() == ErrorKind::Check);
  return error.what();
}

// A layer with a gate's buffers whose forward is written by hand.
Module with_gate(const std::string& result) {
  Module layer("__torch__.Broken");
  layer.register_attribute("training", c10::BoolType::get(), true);
  layer.register_buffer("activation_threshold", kVerifiedGate.threshold.clone());
  layer.register_buffer("activation_factors", kVerifiedGate.factors.clone());
  layer.define("def forward(self, x: Tensor) -> Tensor:\n  return " + result + "\n");
  return make_module("Root",
                     "def forward(self, x: Tensor) -> Tensor:\n  return self.b.forward(x)\n",
                     {{"b", layer}});
}

}  // namespace

TEST_CASE("gates pass, with and without factors, also with samples", "[model]") {
  for (const auto& sites : {gate_sites(), gate_sites({at::scalar_tensor(3.0F)})}) {
    const Module model = reloaded(apply_masks(chain(), sites));
    CHECK(verify_masks(model, sites, {tensor1d({1, 2})}).calls == 1);
    CHECK(verify_masks(model, sites, {normal({5, 3, 2}, 1)}).layers == 1);
    const Module twice = apply_masks(apply_masks(chain(), {{{"b"}, mask}}), sites);
    CHECK(verify_masks(twice, sites, {normal({5, 2}, 1)}).calls == 1);
  }
}

TEST_CASE("other gates, and masks in their place, are caught", "[model]") {
  const auto failing = [](const ThresholdGate& other) {
    return gate_failure(apply_masks(chain(), gate_sites(other)));
  };
  CHECK(contains(failing({at::scalar_tensor(3.5F), kVerifiedGate.factors}), "holds another gate"));
  CHECK(contains(failing({kVerifiedGate.threshold, tensor1d({2, 2})}), "holds another gate"));
  CHECK(contains(failing({kVerifiedGate.threshold}), "holds another gate"));
  CHECK(contains(gate_failure(masked(chain(), "b")), "holds another gate"));
  CHECK(contains(gate_failure(chain()), "has no mask buffer"));
  CHECK(contains(failure(apply_masks(chain(), gate_sites()), "b"), "holds another mask"));
}

TEST_CASE("code that does not do what a gate does is caught", "[model]") {
  const std::string scores = "x.abs() * self.activation_factors", whole = "x * (" + scores;
  CHECK(verify_masks(with_gate(whole + " > self.activation_threshold)"), gate_sites(),
                     {tensor1d({1, 2})})
            .calls == 1);
  for (const char* other :
       {"x * (x.abs() > self.activation_threshold)",
        "x * (x.abs() * self.activation_factors >= self.activation_threshold)",
        "x * (x.relu() * self.activation_factors > self.activation_threshold)",
        "x * (x.abs() * self.activation_factors > self.activation_threshold * 2)",
        "x + (x.abs() * self.activation_factors > self.activation_threshold)"})
    CHECK(contains(gate_failure(with_gate(other)), "does not compare its input"));
  CHECK(contains(gate_failure(with_gate(whole + " > self.activation_threshold) + x")),
                 "reads its input besides the mask"));
}
