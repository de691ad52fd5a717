#include "model/load_model.h"
#include "pipeline/helpers.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

TEST_CASE("Without a config, inspect lists the layers and runs nothing", "[pipeline]") {
  const Workplace place;
  const Inspection inspection = inspect_model(place / "model.pt", nullptr, {});
  CHECK(inspection.batch.empty());
  CHECK(inspection.layers.size() == 6);
  for (const auto& layer : inspection.layers) {
    CHECK_FALSE(layer.probe.has_value());
    CHECK(layer.entry.empty());
  }
}

TEST_CASE("With a config, inspect shows what the first batch does to every layer", "[pipeline]") {
  Workplace place(aliased(), {"a"});
  place.json["layers"][0]["sparse_config"] = {{"sparsity_level", 0.75}};
  const Config config = place.config();
  const Inspection inspection = inspect_model(place / "model.pt", &config, {});
  CHECK(contains(inspection.batch, "batch 1"));
  REQUIRE(inspection.layers.size() == 3);  // the root, a, and b, which is a
  const auto& a = inspection.layers[1];
  CHECK(a.entry == "layers.0");
  CHECK(a.settings["sparse_config"]["sparsity_level"] == 0.75);
  REQUIRE(a.probe);
  CHECK(a.probe->calls == 2);
  CHECK(a.probe->shapes.at(0) == std::vector<int64_t>{4, 4});
  CHECK(inspection.layers[2].layer.same_as == "a");
  CHECK_FALSE(inspection.layers[2].probe.has_value());
  CHECK(place.names() == std::vector<std::string>{"model.pt"});
}

TEST_CASE("inspect shows what is masked already", "[pipeline]") {
  const Workplace place;
  run(place.config(), {});
  for (const auto& layer : inspect_model(place / "masked.pt", nullptr, {}).layers)
    CHECK(layer.masked == (layer.layer.name == "conv1" || layer.layer.name == "fc"));
}
