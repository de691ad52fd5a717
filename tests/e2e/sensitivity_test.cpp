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
  check_refused(scene.actsparse({"sensitivity", "-c", "config.json", "--picture", "config.json"}),
                3, {"--picture"});
}

TEST_CASE("search finds a config within its budget, or exits with 8 and keeps the nearest",
          "[e2e]") {
  Scene scene;
  scene.config["data"]["batch_size"] = 64;
  scene.config["defaults"]["align"] = "group";
  scene.config["defaults"]["aggregate_fn"] = {{"name", "abs_mean"}, {"except_dim", {1}}};
  scene.config["defaults"]["reduce_fn"] = "identity";
  scene.config["layers"] = {{{"name", "conv2"}}, {{"name", "fc"}}};
  scene.config["repair"] = "mean";
  scene.config["search"] = {{"levels", {0.25, 0.5, 0.75}}, {"budget", {{"macs", 0.7}}}};
  scene.config["output"]["config"] = "found.json";
  const auto found = scene.actsparse(
      {"search", "-c", "config.json", "--output-dir", "out", "--picture", "tried.svg"});
  INFO(found.err);
  REQUIRE(found.exit_code == 0);
  CHECK(contains(found.out, "->"));
  CHECK(contains(found.out, "found config: out/found.json"));
  CHECK(contains(scene.read("tried.svg"), "taken"));
  const auto again = scene.actsparse({"run", "-c", "out/found.json", "--output-dir", "again"});
  INFO(again.err);
  CHECK(again.exit_code == 0);
  CHECK(scene.read("again/masked.pt") == scene.read("out/masked.pt"));
  for (const char* shard : {"1/2", "2/2"}) {
    const auto part = scene.actsparse({"search", "-c", "config.json", "--shard", shard, "--state",
                                       std::string(1, *shard) + ".json"});
    INFO(part.err);
    CHECK(part.exit_code == 0);
  }
  const auto joined = scene.actsparse(
      {"search", "-c", "config.json", "--output-dir", "joined", "--shards", "1.json", "2.json"});
  INFO(joined.err);
  CHECK(joined.exit_code == 0);
  CHECK(scene.read("joined/masked.pt") == scene.read("out/masked.pt"));
  check_refused(scene.actsparse({"search", "-c", "config.json", "--shard", "1/2"}), 2, {"--state"});
  scene.config["search"]["budget"]["macs"] = 0.01;
  const auto unmet = scene.actsparse({"search", "-c", "config.json", "--json"});
  CHECK(unmet.exit_code == 8);
  CHECK(contains(unmet.err, "the budget is not met"));
  CHECK(only_json(unmet.out)["met"] == false);
}

TEST_CASE("a search that fails leaves no folder behind", "[e2e]") {
  Scene scene;
  scene.config["layers"] = {{{"name", "conv1"}}};
  scene.config["search"] = {{"levels", {0.5}}, {"budget", {{"macs", 1}}}};
  const auto result = scene.actsparse({"search", "-c", "config.json", "--output-dir", "new/out"});
  CHECK(result.exit_code == 8);
  CHECK(contains(result.err, "nothing masked"));
  CHECK_FALSE(std::filesystem::exists(scene.folder / "new"));
}
