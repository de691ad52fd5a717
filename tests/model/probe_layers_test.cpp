#include "model/probe_layers.h"

#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;
using Shapes = std::vector<std::vector<int64_t>>;

namespace {

std::vector<LayerProbe> probed(const Module& model, const std::vector<std::string>& layers,
                               const at::Tensor& x) {
  std::vector<ProbeSite> sites;
  for (const auto& layer : layers) sites.push_back({layer});
  return probe_layers(model, sites, {x});
}

}  // namespace

TEST_CASE("calls, shapes and dtype of every layer are seen", "[model]") {
  const auto probes = probed(repeated(), {"", "a"}, normal({2, 3}, 1).abs());
  CHECK(probes[0].calls == 1);
  CHECK(probes[1].calls == 4);
  CHECK(probes[1].shapes == Shapes{{2, 3}});
  CHECK(probes[1].dtype == at::kFloat);
  CHECK(probes[1].obstacle.empty());
}

TEST_CASE("shapes that differ from call to call are all kept", "[model]") {
  const Module model = make_module("Root",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.a.forward(self.a.forward(x).sum(0))\n",
                                   {{"a", scale(2)}});
  const auto probes = probed(model, {"a"}, normal({2, 3}, 1));
  CHECK(probes[0].calls == 2);
  CHECK(probes[0].shapes == Shapes{{2, 3}, {3}});
}

TEST_CASE("what cannot be observed has an obstacle, the others are observed", "[model]") {
  const auto lists = probed(list_argument(), {"cat"}, normal({2}, 1));
  CHECK(lists[0].calls == 0);
  CHECK_FALSE(lists[0].dtype.has_value());
  CHECK(contains(lists[0].obstacle, "method forward: input 0 is not a tensor; its arguments are "));
  const Module model = make_module("Root",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  if x.dim() > 5:\n"
                                   "    x = self.a.forward(x)\n"
                                   "  return self.b.forward(x)\n",
                                   {{"a", scale(2)}, {"b", scale(3)}});
  const auto probes = probed(model, {"a", "b"}, normal({2}, 1));
  CHECK(contains(probes[0].obstacle, "never called: called only under 'if x.dim() > 5'"));
  CHECK(probes[1].calls == 1);
}

TEST_CASE("the argument that is observed is shown, by default what holds activations", "[model]") {
  CHECK(probed(chain(), {"a"}, normal({2}, 1))[0].input == InputSelector(int64_t{0}));
  const Module mix =
      make_module("Mix", "def forward(self, w: Tensor, x: Tensor) -> Tensor:\n  return x * w\n");
  Module model("__torch__.Root");
  model.register_parameter("w", normal({5, 1}, 1), false);
  model.register_module("mix", mix);
  model.define("def forward(self, x: Tensor) -> Tensor:\n  return self.mix.forward(self.w, x)\n");
  const auto found = probed(model, {"mix"}, normal({5, 2}, 1));
  CHECK(found[0].input == InputSelector(int64_t{1}));
  CHECK(found[0].shapes == Shapes{{5, 2}});
  const auto chosen = probe_layers(model, {{"mix", InputSelector("w")}}, {normal({5, 2}, 1)});
  CHECK(chosen[0].shapes == Shapes{{5, 1}});
  CHECK_FALSE(probed(list_argument(), {"cat"}, normal({2}, 1))[0].input.has_value());
}

TEST_CASE("a layer that gets empty tensors only is told, and one that gets others too is not",
          "[model]") {
  const Module model =
      make_module("Root",
                  "def forward(self, x: Tensor) -> Tensor:\n"
                  "  y = self.a.forward(x[:0]).sum() + self.b.forward(x[:0]).sum()\n"
                  "  return self.b.forward(x) + y\n",
                  {{"a", scale(2)}, {"b", scale(3)}});
  const auto probes = probed(model, {"a", "b"}, normal({2, 3}, 1));
  CHECK(probes[0].obstacle == "called with empty tensors only");
  CHECK(probes[1].obstacle.empty());
  CHECK(probes[1].calls == 2);
  CHECK(probes[1].empty_calls == 1);
}

TEST_CASE("a layer that gets a NestedTensor says which switch turns it off", "[model]") {
  const auto probes = probed(nesting(), {"nested", "plain"}, normal({2, 3, 4}, 1));
  CHECK(probes[0].calls == 1);
  CHECK(contains(probes[0].obstacle, "is a NestedTensor"));
  CHECK(contains(probes[0].obstacle, "enable_nested_tensor=False"));
  CHECK(probes[1].obstacle.empty());
  CHECK(probes[1].shapes == Shapes{{2, 3, 4}});
}

TEST_CASE("probing leaves a model that counts its calls as it was", "[model]") {
  const Module model = counting();
  probed(model, {"counter"}, normal({2}, 1));
  CHECK(model.attr("counter").toModule().attr("number").toInt() == 0);
}

TEST_CASE("a model that fails on the batch is the data's error", "[model]") {
  const Module model = make_module("Root",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return x.view([7])\n");
  const Error error = error_of([&] { probed(model, {""}, normal({2}, 1)); });
  CHECK(error.kind() == ErrorKind::Data);
}
