// compact on the command line.
#include "e2e/scene.h"

using namespace actsparse;
using nlohmann::json;

namespace {

// Masks whole channels; the small model is written by compact.
struct ChannelScene : Scene {
  ChannelScene() {
    config["defaults"] = {{"aggregate_fn", {{"name", "abs_mean"}, {"except_dim", {1}}}},
                          {"reduce_fn", "identity"},
                          {"mask_fn", "magnitude"},
                          {"sparse_config", {{"sparsity_level", 0.5}}},
                          {"align", "group"}};
    config["layers"] = {{{"name", "conv2"}}, {{"name", "fc"}}};
    REQUIRE(run().exit_code == 0);
  }

  json compact(Arguments more, const std::string& small = "small.pt") {
    Arguments arguments = {"compact", "masked.pt", "-o", small, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = actsparse(arguments);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return only_json(result.out);
  }

  // The type of layer conv2 in a model.
  std::string type_in(const std::string& model) {
    const json inspection = only_json(actsparse({"inspect", model, "--json"}).out);
    for (const auto& layer : inspection["layers"])
      if (layer["name"] == "conv2") return layer["type"];
    return "";
  }
};

}  // namespace

TEST_CASE("compact keeps the modules unless it is told otherwise", "[e2e]") {
  ChannelScene scene;
  const auto kept = scene.compact({"-c", "config.json"});
  CHECK(kept["layers"][0]["removed"] == 8);
  CHECK(kept["outputs"]["model"] == "small.pt");
  CHECK(scene.type_in("small.pt") == "Conv2d");
  const auto flat = scene.compact({"-c", "config.json", "--flat"}, "flat.pt");
  CHECK(flat["parameters"] == kept["parameters"]);
  CHECK(scene.type_in("flat.pt") == "Parameters");
  scene.config["output"]["compact"] = {{"path", "x.pt"}, {"keep_modules", false}};
  scene.compact({"-c", "config.json"}, "flat.pt");
  CHECK(scene.type_in("flat.pt") == "Parameters");
  scene.compact({"-c", "config.json", "--keep-modules"}, "kept.pt");
  CHECK(scene.type_in("kept.pt") == "Conv2d");
}

TEST_CASE("compact takes a file in place of a config", "[e2e]") {
  ChannelScene scene;
  const auto report = scene.compact({"--input", sample("digits_heldout.npy")});
  CHECK(report["equality"]["inputs"][0]["relative"] < 1e-5);
}

TEST_CASE("apply writes the small model too", "[e2e]") {
  ChannelScene scene;
  const auto result = scene.actsparse({"apply", sample("digits_cnn.pt"), "--state", "state.pt",
                                       "-o", "applied.pt", "--compact", "small.pt"});
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "masked model: applied.pt\nsmall model: small.pt\n"));
  scene.compact({"-c", "config.json"}, "other.pt");
  CHECK(scene.read("small.pt") == scene.read("other.pt"));
}

TEST_CASE("apply is tried on the config's data, or on a file", "[e2e]") {
  ChannelScene scene;
  const Arguments apply = {
      "apply", sample("digits_cnn.pt"), "--state", "state.pt", "-o", "applied.pt", "--json"};
  const auto input = [&](Arguments more) {
    more.insert(more.begin(), apply.begin(), apply.end());
    const auto result = scene.actsparse(more);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return only_json(result.out)["verification"]["input"];
  };
  CHECK(input({}) == "random values");
  CHECK(input({"-c", "config.json"}) == "calibration batch");
  CHECK(input({"--input", sample("digits_heldout.npy")}) == "first batch");
  Arguments both = apply;
  both.insert(both.end(), {"-c", "config.json", "--input", sample("digits_heldout.npy")});
  check_refused(scene.actsparse(both), 2, {"either of the data of -c CONFIG, or of --input"});
}

TEST_CASE("a wrong command line of compact is exit code 2, a model without masks 4", "[e2e]") {
  ChannelScene scene;
  const Arguments compact = {"compact", "masked.pt", "-o", "s.pt", "-c", "config.json"};
  const auto refused = [&](Arguments more, int exit_code, const Arguments& fragments) {
    more.insert(more.begin(), compact.begin(), compact.end());
    check_refused(scene.actsparse(more), exit_code, fragments);
    CHECK_FALSE(std::filesystem::exists(scene.folder / "s.pt"));
  };
  refused({"--gather", "some"}, 2, {"--gather"});
  refused({"--flat", "--keep-modules"}, 2, {"--flat", "excludes"});
  refused({"--tolerance", "-1"}, 2, {"--tolerance"});
  refused({"--input", "x.npy"}, 2, {"either -c CONFIG"});
  check_refused(scene.actsparse({"compact", "masked.pt", "-o", "s.pt"}), 2, {"--input FILE"});
  check_refused(
      scene.actsparse({"compact", sample("digits_cnn.pt"), "-o", "s.pt", "-c", "config.json"}), 4,
      {"there is no mask in the model"});
}
