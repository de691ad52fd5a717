// Shards, merging and resuming from the command line.
#include "e2e/scene.h"

using namespace actsparse;
using nlohmann::json;

namespace {

Scene& streaming(Scene& scene) {
  scene.config["defaults"]["aggregate_fn"] = {{"name", "std"}, {"except_dim", {1}}};
  scene.config["defaults"]["reduce_fn"] = "identity";
  scene.config["layers"] = {{{"name", "conv2"}}, {{"name", "fc"}}};
  return scene;
}

json report_of(const ProcessResult& result) {
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return only_json(result.out);
}

Arguments calibrate(const std::string& state, const Arguments& more) {
  Arguments arguments = {"calibrate", "-c", "config.json", "--state", state, "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE("Shards are calibrated, merged, stepped and applied", "[e2e]") {
  Scene scene;
  streaming(scene).run();
  const std::string whole = scene.read("masked.pt");
  report_of(scene.actsparse(calibrate("s1.pt", {"--shard", "1/2"})));
  report_of(scene.actsparse(calibrate("s2.pt", {"--shard", "2/2"})));
  const auto merged =
      report_of(scene.actsparse({"merge", "s2.pt", "s1.pt", "--state", "all.pt", "--json"}));
  CHECK(merged["command"] == "merge");
  CHECK(merged["data"]["samples"] == 512);
  CHECK(merged["warnings"].empty());
  report_of(scene.actsparse({"step", "--state", "all.pt", "--state-out", "stepped.pt", "--json"}));
  const auto applied = report_of(scene.actsparse(
      {"apply", sample("digits_cnn.pt"), "--state", "stepped.pt", "-o", "m.pt", "--json"}));
  CHECK(applied["verification"]["passed"] == true);
  CHECK(scene.read("m.pt") == whole);

  const auto part = scene.actsparse({"merge", "s2.pt", "--state", "part.pt"});
  CHECK(part.exit_code == 0);
  CHECK(contains(part.err, "not merged yet: batches 1, 3, 5"));
  check_refused(scene.actsparse({"merge", "s2.pt", "all.pt", "--state", "x.pt"}), 7,
                {"s2.pt and all.pt cannot be merged", "both have seen batch 2"});
  check_refused(scene.actsparse({"merge", "gone.pt", "--state", "x.pt"}), 7, {"gone.pt"});
  check_refused(scene.actsparse(calibrate("x.pt", {"--shard", "3/2"})), 2, {"--shard", "3/2"});
}

TEST_CASE("A checkpoint that does not fit is refused, and harms nothing", "[e2e]") {
  Scene scene;
  streaming(scene);
  scene.write("state.pt.checkpoint", "nothing");
  check_run_refused(scene, 7, {"state.pt.checkpoint", "remove it to start anew"}, {"--resume"});
  check_refused(scene.run({"--resume", "--dry-run"}), 2, {"--dry-run"});
}
