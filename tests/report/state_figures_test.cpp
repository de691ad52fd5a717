#include "report/state_figures.h"

#include <ATen/ops/ones.h>

#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

LayerRecord layer_named(const std::string& name) {
  LayerRecord layer;
  layer.site.layer = name;
  layer.type = "Linear";
  layer.input_shape = {4, 3};
  layer.input_dtype = at::kFloat;
  return layer;
}

LayerRecord masked_layer(const std::string& name) {
  LayerRecord layer = layer_named(name);
  layer.gate = ConstantMask{at::ones({3})};
  return layer;
}

}  // namespace

TEST_CASE("layers of which nothing can be drawn are left out", "[report]") {
  const auto figures = layer_figures({}, {masked_layer("a"), layer_named("b"), masked_layer("")});
  REQUIRE(figures.size() == 2);
  CHECK(figures[0].layer == "a");
  CHECK(figures[1].layer.empty());
  CHECK(layer_figures({layer_named("a")}, {}).empty());
  CHECK(layer_figures({}, {}).empty());
}

TEST_CASE("a gate that does not fit its layer's data is an error of the state", "[report]") {
  LayerRecord layer = layer_named("a");
  layer.settings.aggregate_fn = FunctionConfig{"histogram", {{"except_dim", {-1}}}, ""};
  layer.accumulators[kAggregate] = at::ones({67, 3}, at::kDouble);
  layer.calls = 1;
  LayerRecord gated = layer;
  gated.gate = ThresholdGate{tensor1d({0.5})[0], at::ones({7})};
  const Error error = error_of([&] { layer_figures({layer}, {gated}); });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), "layer 'a'"));
}
