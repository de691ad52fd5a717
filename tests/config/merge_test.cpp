#include "config/config.h"
#include "support/catch.h"

namespace actsparse {
namespace {

using nlohmann::json;

LayerSettings settings(const char* text) { return layer_settings_from_json(json::parse(text), ""); }

json merged(const char* defaults, const char* layer) {
  return to_json(merge(settings(defaults), settings(layer)));
}

}  // namespace

TEST_CASE("nothing given merges to nothing", "[config]") {
  CHECK(merged("{}", "{}") == json::parse(R"({"aggregate_fn": null, "reduce_fn": null,
      "mask_fn": null, "sparse_config": {}, "features": null, "feature_dim": null})"));
}

TEST_CASE("a layer overrides key by key and the defaults fill in", "[config]") {
  const auto result = merged(
      R"({"aggregate_fn": "sum", "reduce_fn": {"name": "mean", "dim": [0]}, "features": [1, 2]})",
      R"({"aggregate_fn": {"name": "max", "init": "zeros"}, "feature_dim": -1})");
  CHECK(result["aggregate_fn"] == json({{"name", "max"}, {"init", "zeros"}}));
  CHECK(result["reduce_fn"] == json({{"name", "mean"}, {"dim", {0}}}));
  CHECK(result["mask_fn"].is_null());
  CHECK(result["features"] == json({1, 2}));
  CHECK(result["feature_dim"] == -1);
}

// What the reference cannot do (its None means "not given").
TEST_CASE("null overrides a default", "[config]") {
  const auto result = merged(
      R"({"mask_fn": "magnitude", "features": [1], "feature_dim": 1, "sparse_config": {"a": 1}})",
      R"({"mask_fn": null, "features": null, "feature_dim": null, "sparse_config": null})");
  CHECK(result["mask_fn"].is_null());
  CHECK(result["features"].is_null());
  CHECK(result["feature_dim"].is_null());
  CHECK(result["sparse_config"] == json::object());
}

TEST_CASE("an empty list of features is not null", "[config]") {
  CHECK(merged(R"({"features": [1]})", R"({"features": []})")["features"] == json::array());
}

TEST_CASE("sparse_config merges key by key; a null drops a default key", "[config]") {
  CHECK(merged(R"({"sparse_config": {"a": 1, "b": 2}})",
               R"({"sparse_config": {"b": 3, "c": 4}})")["sparse_config"] ==
        json({{"a", 1}, {"b", 3}, {"c", 4}}));
  CHECK(merged(R"({"sparse_config": {"sparsity_level": 0.5}})",
               R"({"sparse_config": {"sparsity_level": null, "k": 3}})")["sparse_config"] ==
        json({{"k", 3}}));
  CHECK(merged(R"({"sparse_config": null})", R"({"sparse_config": {"a": 1}})")["sparse_config"] ==
        json({{"a", 1}}));
}

TEST_CASE("merging does not change the defaults", "[config]") {
  const auto defaults = settings(R"({"sparse_config": {"a": 1}, "features": [1]})");
  merge(defaults, settings(R"({"sparse_config": {"a": 2}, "features": null})"));
  CHECK(to_json(merge(defaults, {}))["sparse_config"] == json({{"a", 1}}));
  CHECK(to_json(merge(defaults, {}))["features"] == json({1}));
}

TEST_CASE("merged settings survive the way to JSON and back", "[config]") {
  const char* text = R"({"aggregate_fn": "sum", "reduce_fn": {"name": "norm", "dim": [0], "p": 1},
      "mask_fn": "nm", "sparse_config": {"n": 2, "m": 4}, "features": [0, 3], "feature_dim": 1})";
  const json written = merged(text, "{}");
  CHECK(written == json::parse(text));
  CHECK(to_json(merge(layer_settings_from_json(written, ""), {})) == written);
  const json empty = merged("{}", "{}");
  CHECK(to_json(merge(layer_settings_from_json(empty, ""), {})) == empty);
}

}  // namespace actsparse
