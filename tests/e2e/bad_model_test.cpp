#include <sys/stat.h>

#include "e2e/scene.h"

using namespace actsparse;
namespace fs = std::filesystem;

namespace {

// The sample model's file name in the config, and `bytes` there.
std::function<void(Scene&)> model_bytes(const std::string& bytes) {
  return [bytes](Scene& scene) {
    scene.config["model"]["path"] = "m.pt";
    scene.write("m.pt", bytes);
  };
}

std::function<void(Scene&)> model_path(const std::string& path) {
  return [path](Scene& scene) { scene.config["model"]["path"] = path; };
}

}  // namespace

TEST_CASE("A model file that is no TorchScript file is named for what it is", "[e2e]") {
  const std::string whole = read_file(sample("digits_cnn.pt"));
  check_all_refused({
      {"missing", model_path("m.pt"), 4, {"m.pt", "does not exist"}},
      {"empty", model_bytes(""), 4, {"m.pt", "is empty"}},
      {"truncated", model_bytes(whole.substr(0, whole.size() / 2)), 4, {"m.pt", "truncated"}},
      {"text", model_bytes("import torch\n"), 4, {"m.pt", "is not a TorchScript file"}},
      {"state_dict",
       model_path(made_file("state_dict.pt")),
       4,
       {"holds a state_dict", "torch.jit.script"}},
      {"folder",
       [](Scene& scene) {
         fs::create_directory(scene.folder / "m.pt");
         scene.config["model"]["path"] = "m.pt";
       },
       4,
       {"m.pt", "is a folder"}},
  });
}

TEST_CASE("A model file without read permission is said to be unreadable", "[e2e]") {
  Scene scene;
  scene.config["model"]["path"] = "m.pt";
  scene.write("m.pt", "secret");
  scene.write("config.json", scene.config.dump());
  ::chmod((scene.folder / "m.pt").c_str(), 0);
  ::chmod(scene.folder.path().c_str(), 0777);
  const auto command = unprivileged({"run", "-c", "config.json"});
  if (!command) return;
  check_refused(run_process(*command, scene.folder.path()), 4,
                {"m.pt", "cannot be read", "ermission"});
}

TEST_CASE("Layers and methods that the model does not have are refused", "[e2e]") {
  const auto layers = [](const nlohmann::json& entry) {
    return [entry](Scene& scene) { scene.config["layers"] = {entry}; };
  };
  const auto model = [](const std::string& name, const std::string& layer) {
    return [=](Scene& scene) { scene.take_model(made_file(name), layer); };
  };
  check_all_refused({
      {"no forward", model("no_forward.pt", "fc"), 4, {"no method 'forward'", "'encode'"}},
      {"frozen", model("frozen.pt", "fc"), 4, {"frozen"}},
      {"argument is a list",
       model("list_input.pt", "sum"),
       4,
       {"layers.0", "'sum'", "parts (List[Tensor])"}},
      {"unknown layer",
       layers({{"name", "conv3"}}),
       4,
       {"layers.0", "'conv3'", "did you mean", "'conv1'", "'conv2'"}},
      {"glob without match",
       layers({{"match", "conf*"}}),
       4,
       {"layers.0", "no layer matches 'conf*'"}},
      {"unknown type",
       layers({{"type", "Conv3d"}}),
       4,
       {"no layer has the type 'Conv3d'", "'Conv2d'"}},
      {"unknown input",
       layers({{"name", "fc"}, {"input", 3}}),
       4,
       {"layers.0", "input 3 does not exist"}},
  });
}

TEST_CASE("A layer that is never called is an error, or a warning where it is optional", "[e2e]") {
  Scene scene;
  scene.take_model(made_file("branch.pt"), "fc");
  scene.config["layers"].push_back({{"name", "unused"}});
  check_run_refused(scene, 4, {"never called", "'unused'", "\"optional\": true"});
  scene.config["layers"][1]["optional"] = true;
  const auto result = scene.run({"--json"});
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.err, "actsparse: warning: layer 'unused': never called"));
  const auto report = only_json(result.out);
  CHECK(report["layers"].size() == 1);
  CHECK(contains(report["warnings"][0], "'unused'"));
}
