#include "config/sample.h"
#include "support/error_of.h"

namespace actsparse {

using nlohmann::json;

TEST_CASE("a function is a name, or a name with parameters", "[config]") {
  const Config config =
      parse_sample({"defaults.mask_fn={\"dim\": 1, \"name\": \"nm\", \"n\": {\"any\": []}}"});
  const auto& aggregate = config.defaults.aggregate_fn.value().value();
  CHECK(aggregate.name == "sum");
  CHECK(aggregate.parameters == json::object());
  CHECK(aggregate.path == "defaults.aggregate_fn");
  const auto& mask = config.defaults.mask_fn.value().value();
  CHECK(mask.name == "nm");
  CHECK(mask.parameters == json::parse(R"({"dim": 1, "n": {"any": []}})"));
}

TEST_CASE("absent, null and given settings differ", "[config]") {
  const auto settings =
      parse_sample({"layers.0.features=null", "layers.0.feature_dim=-2"}).layers.at(0).settings;
  CHECK_FALSE(settings.sparse_config.has_value());
  REQUIRE(settings.features.has_value());
  CHECK_FALSE(settings.features->has_value());
  CHECK(settings.feature_dim.value() == -2);
}

TEST_CASE("features are a list, or one index", "[config]") {
  const auto features = [](const std::string& text) {
    return parse_sample({"layers.0.feature_dim=1", "layers.0.features=" + text})
        .layers.at(0)
        .settings.features.value()
        .value();
  };
  CHECK(features("[10, 0, 234]") == std::vector<int64_t>{10, 0, 234});
  CHECK(features("7") == std::vector<int64_t>{7});
  CHECK(features("[]").empty());
  CHECK(features("16777217") == std::vector<int64_t>{16777217});
}

TEST_CASE("settings of a state file are validated with their own path", "[config]") {
  const Error error = error_of([] {
    layer_settings_from_json({{"features", {1, 1}}}, "data_groups.conv1");
  });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(std::string(error.what()) ==
        "data_groups.conv1.features.1: found 1 a second time, allowed each feature once");
  CHECK(contains(error_of([] { layer_settings_from_json(3, "defaults"); }).what(),
                 "defaults: found the number 3, allowed an object"));
}

}  // namespace actsparse
