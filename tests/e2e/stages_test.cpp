// calibrate, step and apply one after the other, and states that do not fit.
#include "e2e/scene.h"

using namespace actsparse;
using nlohmann::json;

namespace {

const Arguments step_arguments = {"step", "--state", "c.pt", "--state-out", "s.pt"};

Arguments apply_arguments(const std::string& model, const std::string& state) {
  return {"apply", model, "--state", state, "-o", "applied.pt"};
}

json report_of(const ProcessResult& result) {
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return only_json(result.out);
}

Arguments with_json(Arguments arguments) {
  arguments.push_back("--json");
  return arguments;
}

void check_left_alone(Scene& scene, const Arguments& arguments, const Arguments& fragments) {
  const auto before = contents(scene.folder.path());
  const auto result = scene.actsparse(arguments);
  check_refused(result, 7, fragments);
  CHECK(result.out == "");
  CHECK(contents(scene.folder.path()) == before);
}

}  // namespace

TEST_CASE("calibrate, step and apply write the model that run writes", "[e2e]") {
  Scene scene;
  const auto calibrated =
      report_of(scene.actsparse({"calibrate", "-c", "config.json", "--state", "c.pt", "--json"}));
  CHECK(calibrated["command"] == "calibrate");
  CHECK(calibrated["layers"][0]["calls"] == 16);
  CHECK(calibrated["layers"][0]["kept"].is_null());
  CHECK(scene.read("masked.pt") == "an earlier masked.pt");  // only the state is written

  check_left_alone(scene, apply_arguments(sample("digits_cnn.pt"), "c.pt"),
                   {"c.pt", "no mask yet", "actsparse step"});
  const auto stepped = report_of(scene.actsparse(with_json(step_arguments)));
  const auto applied =
      report_of(scene.actsparse(with_json(apply_arguments(sample("digits_cnn.pt"), "s.pt"))));
  const auto ran = report_of(scene.run({"--json"}));
  CHECK(scene.read("applied.pt") == scene.read("masked.pt"));
  CHECK(stepped["layers"] == ran["layers"]);
  CHECK(applied["layers"] == ran["layers"]);
  CHECK(applied["verification"]["passed"] == true);

  check_left_alone(scene, {"step", "--state", "s.pt", "--state-out", "again.pt"},
                   {"s.pt", "'conv1'", "stepped already"});
  check_left_alone(scene, apply_arguments(sample("digits_lstm.pt"), "s.pt"),
                   {"s.pt", "another model", "digits_lstm.pt"});

  scene.config["model"]["path"] = "gone.pt";  // a step needs no model
  scene.config["data"]["inputs"][0]["path"] = "gone.npy";
  const auto sparser = report_of(
      scene.actsparse({"step", "--state", "c.pt", "--state-out", "sparser.pt", "-c", "config.json",
                       "--set", "layers.2.sparse_config.sparsity_level=0.75", "--json"}));
  CHECK(sparser["layers"][0] == ran["layers"][0]);
  CHECK(sparser["layers"][2]["kept"] == 32);
  check_refused(scene.actsparse({"step", "--state", "c.pt", "--state-out", "x.pt", "-c",
                                 "config.json", "--set", "layers.0.aggregate_fn=max"}),
                3, {"layers.0", "'conv1'", "calibrated with"});
}

TEST_CASE("A state that is absent, broken or newer gives three different messages", "[e2e]") {
  Scene scene;
  scene.write("broken.pt", "no state at all");
  scene.write("config.json", scene.config.dump());
  const auto step = [](const std::string& state) {
    return Arguments{"step", "--state", state, "--state-out", "s.pt"};
  };
  check_left_alone(scene, step("absent.pt"), {"absent.pt", "does not exist"});
  check_left_alone(scene, step("broken.pt"), {"broken.pt", "is not a file of torch.save"});
  check_left_alone(scene, step(made_file("newer_state.pt")),
                   {"newer_state.pt", "newer actsparse", "format 99"});
  check_left_alone(scene, step(made_file("no_state.pt")),
                   {"no_state.pt", "not a whole actsparse state"});
}

TEST_CASE("step and apply never write over what they read", "[e2e]") {
  Scene scene;
  scene.write("c.pt", "a state");
  scene.write("config.json", scene.config.dump());
  const auto before = contents(scene.folder.path());
  check_refused(
      scene.actsparse({"apply", sample("digits_cnn.pt"), "--state", "c.pt", "-o", "./c.pt"}), 2,
      {"overwrite an input"});
  CHECK(contents(scene.folder.path()) == before);
}
