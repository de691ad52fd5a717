#include "report/report.h"

#include <ATen/ops/tensor.h>

#include "support/catch.h"

using namespace actsparse;

namespace {

LayerRecord record(const std::string& name, std::optional<TensorOrList> mask) {
  LayerRecord layer;
  layer.site.layer = name;
  layer.type = "Linear";
  layer.calls = 5;
  layer.settings.mask_fn = FunctionConfig{"magnitude", nlohmann::json::object(), ""};
  layer.settings.sparse_config = {{"sparsity_level", 0.25}};
  if (mask) layer.gate = ConstantMask{std::move(*mask)};
  return layer;
}

}  // namespace

TEST_CASE("Layers are reported in their order, each with its own warnings", "[report]") {
  const auto layers =
      report_layers({record("b", at::tensor({1.0, 0.0, 1.0, 1.0})), record("a", std::nullopt)},
                    {{"a", "first"}, {"b", "of b"}, {"a", "second"}});
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].name == "b");
  CHECK(layers[0].type == "Linear");
  CHECK(layers[0].calls == 5);
  REQUIRE(layers[0].mask);
  CHECK(layers[0].mask->kept == 3);
  CHECK(layers[0].mask->total == 4);
  CHECK(layers[0].requested == 0.25);
  CHECK(layers[0].warnings == std::vector<std::string>{"of b"});
  CHECK_FALSE(layers[1].mask);
  CHECK(layers[1].warnings == std::vector<std::string>{"first", "second"});
}

TEST_CASE("A layer with features sums over them", "[report]") {
  auto layer =
      record("fc", std::vector<at::Tensor>{at::tensor({1.0, 0.0}), at::tensor({0.0, 0.0})});
  layer.settings.features = {{3, 7}};
  layer.settings.feature_dim = 1;
  const auto report = report_layers({layer}, {}).front();
  CHECK(report.has_features);
  REQUIRE(report.mask);
  CHECK(report.mask->shapes == std::vector<std::vector<int64_t>>{{2}, {2}});
  CHECK(report.mask->kept == 1);
  CHECK(report.mask->total == 4);
}
