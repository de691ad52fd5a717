#include <sys/stat.h>

#include "e2e/scene.h"

using namespace actsparse;
namespace fs = std::filesystem;

namespace {

std::function<void(Scene&)> model_output(const std::string& path) {
  return [path](Scene& scene) { scene.config["output"]["model"] = path; };
}

}  // namespace

TEST_CASE("Outputs that cannot be written are refused before the model runs", "[e2e]") {
  check_all_refused({
      {"folder missing",
       model_output("no/such/m.pt"),
       9,
       {"no/such", "does not exist", "--output-dir"}},
      {"is a folder",
       [](Scene& scene) {
         fs::remove(scene.folder / "state.pt");
         fs::create_directory(scene.folder / "state.pt");
       },
       9,
       {"state.pt", "is a folder"}},
      {"is a device", model_output("/dev/null"), 9, {"/dev/null", "no regular file"}},
      {"is the config", model_output("config.json"), 3, {"output.model", "the config itself"}},
      {"is another output",
       model_output("state.pt"),
       3,
       {"output.state", "the same file as output.model"}},
      {"is the data",
       [](Scene& scene) {
         scene.write("x.npy", read_file(sample("digits_calibration.npy")));
         scene.config["data"]["inputs"][0]["path"] = "x.npy";
         scene.config["output"]["report"] = "./x.npy";
       },
       3,
       {"output.report", "data.inputs.0.path"}},
      {"is the model, through a link",
       [](Scene& scene) {
         scene.write("m.pt", read_file(sample("digits_cnn.pt")));
         fs::create_hard_link(scene.folder / "m.pt", scene.folder / "link.pt");
         scene.config["model"]["path"] = "m.pt";
         scene.config["output"]["model"] = "link.pt";
       },
       3,
       {"output.model", "model.path"}},
  });
}

TEST_CASE("--output-dir that fails leaves no folder behind, one that exists stays", "[e2e]") {
  Scene scene;
  scene.config["model"]["path"] = "nope.pt";
  check_run_refused(scene, 4, {"nope.pt"}, {"--output-dir", "new/inner"});
  fs::create_directory(scene.folder / "old");
  check_run_refused(scene, 4, {"nope.pt"}, {"--output-dir", "old"});
  check_run_refused(scene, 9, {"--output-dir config.json/x"}, {"--output-dir", "config.json/x"});
}

TEST_CASE("A folder without write permission is refused", "[e2e]") {
  Scene scene;
  scene.write("config.json", scene.config.dump());
  const auto command = unprivileged({"run", "-c", "config.json"});
  if (!command) return;
  ::chmod(scene.folder.path().c_str(), 0555);
  const auto before = contents(scene.folder.path());
  check_refused(run_process(*command, scene.folder.path()), 9,
                {"masked.pt", "cannot be written", "ermission"});
  CHECK(contents(scene.folder.path()) == before);
  ::chmod(scene.folder.path().c_str(), 0755);
}

TEST_CASE("What cannot be printed is an error too", "[e2e]") {
  const TemporaryFolder folder;
  const auto result =
      run_process({"sh", "-c", "\"$0\" functions > /dev/full", actsparse_binary()}, folder.path());
  check_refused(result, 9, {"standard output cannot be written"});
}
