// Streaming statistics from the command line.
#include "e2e/scene.h"
#include "model/load_model.h"
#include "support/models.h"

using namespace actsparse;
using nlohmann::json;

namespace {

void stream(Scene& scene, const json& aggregate_fn) {
  scene.config["defaults"]["aggregate_fn"] = aggregate_fn;
  scene.config["defaults"]["reduce_fn"] = "identity";
  scene.config["layers"] = {{{"name", "conv2"}}, {{"name", "fc"}}};
}

json report_of(const ProcessResult& result) {
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return only_json(result.out);
}

}  // namespace

TEST_CASE("The batch size and the number of threads do not show in a masked model", "[e2e]") {
  std::string first;
  for (const auto& [batch_size, threads] :
       {std::pair(64, "1"), std::pair(512, "2"), std::pair(99, "1")}) {
    INFO(batch_size);
    Scene scene;
    stream(scene, {{"name", "std"}, {"except_dim", {1}}});
    scene.config["data"]["batch_size"] = batch_size;
    const auto report = report_of(scene.run({"--json", "--threads", threads}));
    CHECK(report["layers"][0]["mask_shape"] == json{1, 16, 1, 1});
    // The file also tells of which config it is.
    const std::string model = saved(load_model(scene.folder / "masked.pt"));
    if (first.empty()) first = model;
    const bool same = model == first;
    CHECK(same);
  }
}

TEST_CASE("From one histogram three sparsities are stepped and applied without the model's run",
          "[e2e]") {
  Scene scene;
  stream(scene, {{"name", "histogram"}, {"except_dim", {1}}, {"q", 0.9}});
  report_of(scene.actsparse({"calibrate", "-c", "config.json", "--state", "c.pt", "--json"}));
  scene.config["model"]["path"] = "gone.pt";
  scene.config["data"]["inputs"][0]["path"] = "gone.npy";
  int64_t kept_before = 1000;
  for (const char* level : {"0.25", "0.5", "0.75"}) {
    INFO(level);
    const auto stepped = report_of(scene.actsparse(
        {"step", "--state", "c.pt", "--state-out", "s.pt", "-c", "config.json", "--set",
         std::string("defaults.sparse_config.sparsity_level=") + level, "--json"}));
    const auto kept = stepped["layers"][1]["kept"].get<int64_t>();
    CHECK(kept < kept_before);
    kept_before = kept;
    const auto applied = report_of(scene.actsparse(
        {"apply", sample("digits_cnn.pt"), "--state", "s.pt", "-o", "m.pt", "--json"}));
    CHECK(applied["verification"]["passed"] == true);
  }
  const std::string share = R"({"name": "histogram", "except_dim": [1], "threshold": 0.5})";
  const auto other = scene.actsparse({"step", "--state", "c.pt", "--state-out", "s.pt", "-c",
                                      "config.json", "--set", "defaults.aggregate_fn=" + share});
  INFO(other.err);
  CHECK(other.exit_code == 0);
  check_refused(
      scene.actsparse({"step", "--state", "c.pt", "--state-out", "s.pt", "-c", "config.json",
                       "--set", R"(defaults.aggregate_fn={"name": "std", "except_dim": [1]})"}),
      3, {"'conv2'", "calibrated with"});
}

TEST_CASE("A streaming statistic that does not fit is refused", "[e2e]") {
  check_all_refused({
      {"both dims",
       [](Scene& scene) {
         stream(scene, {{"name", "mean"}, {"dim", {0}}, {"except_dim", {1}}});
       },
       3,
       {"defaults.aggregate_fn", "both 'dim' and 'except_dim'"}},
      {"no such dimension",
       [](Scene& scene) {
         stream(scene, {{"name", "mean"}, {"except_dim", {3}}});
       },
       6,
       {"layer 'fc'", "mean"}},
      {"samples are kept and the last batch is smaller",
       [](Scene& scene) {
         stream(scene, {{"name", "mean"}, {"dim", {2, 3}}});
         scene.config["data"]["batch_size"] = 100;
       },
       5,
       {"12 samples", "except_dim"}},
  });
}
