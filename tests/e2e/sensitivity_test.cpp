// What groups cost alone, from the command line.
#include "e2e/scene.h"

using namespace actsparse;
using nlohmann::json;

TEST_CASE("sensitivity prints a table or one document, and draws its curves", "[e2e]") {
  Scene scene;
  scene.config["repair"] = "mean";
  scene.config["data"]["batch_size"] = 64;
  scene.config["search"] = {{"levels", {0.25, 0.75}}};
  const auto text = scene.actsparse({"sensitivity", "-c", "config.json", "--picture", "c.svg"});
  INFO(text.err);
  REQUIRE(text.exit_code == 0);
  CHECK(contains(text.out, "0.75"));
  CHECK(contains(scene.read("c.svg"), "<svg"));
  const auto result = scene.actsparse({"sensitivity", "-c", "config.json", "--json"});
  REQUIRE(result.exit_code == 0);
  const json document = only_json(result.out);
  CHECK(document["version"] == 1);
  CHECK(document["metric"] == "kl");
  REQUIRE(document["groups"].size() == 3);
  for (const auto& group : document["groups"]) {
    CHECK(contains(text.out, group["layers"][0].get<std::string>()));
    CHECK(group["points"].size() == 2);
    CHECK(group["points"][1]["metrics"]["kl"]["value"].get<double>() > 0);
  }
}

TEST_CASE("sensitivity refuses to draw over what it reads", "[e2e]") {
  Scene scene;
  check_refused(
      scene.actsparse({"sensitivity", "-c", "config.json", "--picture", "config.json"}), 3,
      {"--picture"});
}
