#include "config/preset.h"

#include "config/sample.h"

namespace actsparse {
namespace {

using nlohmann::json;

json expanded(json config) {
  apply_preset(config, JsonSource{"c.json", {}});
  return config;
}

}  // namespace

TEST_CASE("the shortest config is a model and data", "[config]") {
  const Config config = parse_config(
      R"({"version": 1, "model": {"path": "m.pt"}, "data": {"inputs": [{"path": "x.npy"}]}})", ".",
      "c.json");
  REQUIRE(config.layers.size() == 1);
  const auto& layer = config.layers[0];
  CHECK(layer.inner);
  CHECK(layer.optional);
  const MergedSettings settings = merge(config.defaults, layer.settings);
  CHECK(settings.aggregate_fn->name == "abs_mean");
  CHECK(settings.aggregate_fn->parameters["except_dim"] == "channels");
  CHECK(settings.align.name == "group");
  CHECK(settings.sparse_config == json({{"sparsity_level", 0.5}}));
}

TEST_CASE("what a config gives itself goes before its preset", "[config]") {
  const json layers = {{{"name", "a"}}};
  const json config = expanded({{"preset", "channels"},
                                {"layers", layers},
                                {"defaults", {{"align", "none"}, {"sparse_config", {{"x", 1}}}}}});
  CHECK(config["layers"] == layers);
  CHECK(config["defaults"]["align"] == "none");
  CHECK(config["defaults"]["sparse_config"] == json({{"sparsity_level", 0.5}, {"x", 1}}));
  CHECK(config["defaults"]["reduce_fn"] == "identity");
  CHECK_FALSE(config.contains("preset"));
}

TEST_CASE("another mask_fn has none of the preset's parameters", "[config]") {
  const json config = expanded({{"preset", "reference"}, {"defaults", {{"mask_fn", "threshold"}}}});
  CHECK_FALSE(config["defaults"].contains("sparse_config"));
  CHECK(config["defaults"]["reduce_fn"] == json({{"name", "mean"}, {"dim", {0}}}));
}

TEST_CASE("a config with defaults or layers has no preset of itself", "[config]") {
  const json with_layers = {{"layers", {{{"name", "a"}}}}}, with_defaults = {{"defaults", {}}};
  CHECK(expanded(with_layers) == with_layers);
  CHECK(expanded(with_defaults) == with_defaults);
  CHECK(contains(rejection({"preset=chanels"}),
                 "preset: found the string \"chanels\", allowed 'channels', 'reference'; did you "
                 "mean 'channels'?"));
}

}  // namespace actsparse
