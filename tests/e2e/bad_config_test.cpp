#include "e2e/scene.h"

using namespace actsparse;
using nlohmann::json;

namespace {

// Puts `value` at a JSON pointer of the config.
std::function<void(Scene&)> set(const std::string& pointer, const json& value) {
  return [=](Scene& scene) { scene.config[json::json_pointer(pointer)] = value; };
}

void check_text_refused(const std::string& text, const Arguments& fragments) {
  INFO("config: " << text);
  const TemporaryFolder folder;
  write_file(folder / "config.json", text);
  const auto before = contents(folder.path());
  check_refused(run_actsparse({"run", "-c", "config.json"}, folder.path()), 3, fragments);
  CHECK(contents(folder.path()) == before);
}

}  // namespace

TEST_CASE("A config that is not readable as JSON says where", "[e2e]") {
  check_text_refused("{\"version\": 1,\n \"model\": }", {"config.json", "line 2", "invalid JSON"});
  check_text_refused("{\"version\": 1, \"version\": 1}", {"config.json: version", "twice"});
  Scene scene;
  check_refused(scene.actsparse({"run", "-c", "nope.json"}), 3, {"nope.json", "cannot be read"});
}

TEST_CASE("A config with a wrong key or value names the place, what was found and what is allowed",
          "[e2e]") {
  const auto drop_level = [](Scene& scene) {
    scene.config["defaults"].erase("sparse_config");
    scene.config["layers"] = {{{"name", "conv1"}}};
  };
  check_all_refused({
      {"unknown key",
       set("/layerz", json::array()),
       3,
       {"config.json: layerz", "did you mean 'layers'"}},
      {"wrong type",
       set("/data/batch_size", "many"),
       3,
       {"data.batch_size", "\"many\"", "an integer >= 1"}},
      {"out of range",
       set("/data/batch_size", 0),
       3,
       {"data.batch_size", "found the number 0", "an integer >= 1"}},
      {"level out of range",
       set("/defaults/sparse_config/sparsity_level", 1.5),
       3,
       {"defaults.sparse_config.sparsity_level", "1.5", "<= 1"}},
      {"level missing", drop_level, 3, {"magnitude", "needs the parameter 'sparsity_level'"}},
      {"unknown sparse_config key",
       set("/defaults/sparse_config/sparsity", 0.5),
       3,
       {"defaults.sparse_config.sparsity:", "allowed 'sparsity_level'"}},
      {"unknown function",
       set("/defaults/mask_fn", "magnitud"),
       3,
       {"defaults.mask_fn", "'magnitud'", "did you mean 'magnitude'"}},
  });
}

TEST_CASE("--set is checked like the config", "[e2e]") {
  Scene scene;
  check_run_refused(scene, 2, {"--set nonsense", "PATH=VALUE"}, {"--set", "nonsense"});
  check_run_refused(scene, 3, {"data.batchsize", "did you mean 'batch_size'"},
                    {"--set", "data.batchsize=3"});
}
