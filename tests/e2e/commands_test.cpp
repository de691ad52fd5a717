// inspect, functions, help, and what every command shares.
#include <regex>
#include <sstream>

#include "base/version.h"
#include "e2e/scene.h"

using namespace actsparse;
using nlohmann::json;

namespace {

json layer_named(const json& layers, const std::string& name) {
  for (const auto& layer : layers)
    if (layer["name"] == name) return layer;
  FAIL("no layer " << name);
  return {};
}

}  // namespace

TEST_CASE("inspect tells where a masked model, a state and a report come from", "[e2e]") {
  Scene scene;
  const auto ran = only_json(scene.run({"--json"}).out);
  for (const std::string file : {"masked.pt", "state.pt", "report.json"}) {
    INFO(file);
    const auto text = scene.actsparse({"inspect", file});
    CHECK(text.exit_code == 0);
    CHECK(contains(text.out, std::string("made by actsparse ") + tool_version()));
    for (const char* part : {"model", "data", "config"})
      CHECK(contains(text.out, ran[part]["sha256"].get<std::string>()));
    CHECK(contains(text.out, "conv1"));
    const auto shown = only_json(scene.actsparse({"inspect", file, "--json"}).out);
    const auto& origin = shown.contains("provenance") ? shown["provenance"] : shown;
    for (const char* part : {"model", "data", "config", "functions", "libtorch_version"})
      CHECK(origin[part] == ran[part]);
  }
}

TEST_CASE("inspect lists the layers, and what a config with overrides makes of them", "[e2e]") {
  Scene scene;
  const auto text = scene.actsparse({"inspect", sample("digits_resnet.pt")});
  CHECK(text.exit_code == 0);
  CHECK(text.err == "");
  CHECK(contains(text.out, "\n(root) "));
  CHECK(contains(text.out, "\nblock1.shared  Conv2d "));

  const auto as_json =
      scene.actsparse({"inspect", sample("digits_cnn.pt"), "-c", "config.json", "--set",
                       "layers.0.sparse_config.sparsity_level=0.7", "--json"});
  REQUIRE(as_json.exit_code == 0);
  const auto layers = only_json(as_json.out)["layers"];
  CHECK(layers.size() == 6);
  CHECK(layer_named(layers, "conv2")["type"] == "Conv2d");
  CHECK(layer_named(layers, "conv2")["parameters"] == 16 * 32 * 9 + 32);
  CHECK(layer_named(layers, "conv1")["entry"] == "layers.0");
  CHECK(layer_named(layers, "conv1")["settings"]["sparse_config"]["sparsity_level"] == 0.7);
  CHECK(layer_named(layers, "bn1")["selected"] == false);
  CHECK(layer_named(layers, "fc")["batch"]["calls"] == 1);
  CHECK(layer_named(layers, "fc")["batch"]["input_shapes"] == json({{32, 128}}));
  CHECK(layer_named(layers, "fc")["batch"]["input_dtype"] == "float32");
}

TEST_CASE("run --dry-run says what a run will take, and writes nothing", "[e2e]") {
  Scene scene;
  const auto run = scene.run({"--dry-run", "--json"});
  REQUIRE(run.exit_code == 0);
  const auto report = only_json(run.out);
  CHECK(report["data"]["batches"] == 1);
  CHECK(report["dry_run"]["batches"] == 16);
  CHECK(report["dry_run"]["samples"] == 512);
  CHECK(report["dry_run"]["estimated_seconds"] > 0);
  CHECK(report["dry_run"]["aggregate_bytes"] == 4 * 32 * (64 + 16 * 16 + 128));
  CHECK(scene.read("masked.pt") == "an earlier masked.pt");
  const auto real = scene.run();
  REQUIRE(real.exit_code == 0);
  CHECK(report["dry_run"]["model_bytes"] == scene.read("masked.pt").size());
  const auto text = scene.run({"--dry-run"});
  CHECK(contains(text.out, "dry run: all 16 batches would take about "));
}

TEST_CASE("run --dry-run ends with the error that the run would end with", "[e2e]") {
  Scene scene;
  scene.config["layers"][0]["reduce_fn"] = "identity";
  check_run_refused(scene, 6, {"layer 'conv1'", "keeps the batch's dimension"}, {"--dry-run"});
  check_run_refused(scene, 6, {"layer 'conv1'", "keeps the batch's dimension"});
}

TEST_CASE("functions lists every function, as text and as one JSON document", "[e2e]") {
  const TemporaryFolder folder;
  const auto text = run_actsparse({"functions"}, folder.path());
  CHECK(text.exit_code == 0);
  const auto as_json = run_actsparse({"functions", "--json"}, folder.path());
  CHECK(as_json.exit_code == 0);
  const auto functions = only_json(as_json.out)["functions"];
  CHECK(functions.size() >= 20);
  for (const auto& function : functions)
    CHECK(contains(text.out, "  " + function["name"].get<std::string>() + ": "));
  CHECK(contains(text.out, "sparsity_level (float, required)"));
}

TEST_CASE("Every command has a help text and the version", "[e2e]") {
  const TemporaryFolder folder;
  const auto help = run_actsparse({"--help"}, folder.path());
  CHECK(help.exit_code == 0);
  for (const std::string command : {"run", "inspect", "calibrate", "merge", "step", "apply",
                                    "compact", "evaluate", "sensitivity", "functions"}) {
    CHECK(contains(help.out, "  " + command + " "));
    const auto own = run_actsparse({command, "--help"}, folder.path());
    CHECK(own.exit_code == 0);
    CHECK(contains(own.out, "Usage: actsparse " + command + " [OPTIONS]"));
    CHECK(contains(own.out, "--threads"));
    CHECK(own.err == "");
  }
  for (const Arguments& arguments : {Arguments{"--version"}, Arguments{"run", "--version"}}) {
    const auto version = run_actsparse(arguments, folder.path());
    CHECK(version.exit_code == 0);
    CHECK(version.out == std::string("actsparse ") + tool_version() + "\n" + build_text() + "\n");
  }
}

TEST_CASE("A wrong command line is exit code 2", "[e2e]") {
  const TemporaryFolder folder;
  const auto check = [&](const Arguments& arguments, const Arguments& fragments) {
    check_refused(run_actsparse(arguments, folder.path()), 2, fragments);
  };
  check({}, {"a command is required", "--help"});
  check({"inspec", "m.pt"}, {"unknown command 'inspec'", "did you mean 'inspect'"});
  check({"run", "-c", "x.json", "--frobnicate"}, {"--frobnicate", "--help"});
  check({"run"}, {"--config is required"});
  check({"functions", "--threads", "0"}, {"--threads"});
  CHECK(contents(folder.path()).empty());
}

TEST_CASE("evaluate says what to give where there is nothing to judge", "[e2e]") {
  Scene scene;
  scene.config.erase("output");
  check_refused(
      scene.actsparse({"evaluate", "-c", "config.json"}), 2,
      {"needs a model to judge", "name a TorchScript file", "'actsparse run -c config.json'"});
  check_refused(scene.actsparse({"evaluate", "masked.pt"}), 2, {"--config is required"});
  check_refused(scene.actsparse({"evaluate", "m.pt", "-c", "config.json", "--shard", "1/2"}), 2,
                {"--shard", "--state"});
  check_refused(scene.actsparse({"evaluate", "masked.pt", "-c", "config.json", "--state",
                                 "masked.pt", "--shard", "1/2"}),
                2, {"--state masked.pt would overwrite a candidate"});
}

TEST_CASE("apply with a config keeps off the files that the config reads", "[e2e]") {
  Scene scene;
  check_refused(scene.actsparse({"apply", sample("digits_cnn.pt"), "--state", "state.pt", "-c",
                                 "config.json", "-o", "config.json"}),
                3, {"-o: found the string \"config.json\"", "the config itself"});
}

TEST_CASE("A device that is not there is exit code 2", "[e2e]") {
  Scene scene;
  check_run_refused(scene, 2, {"--device gpu7"}, {"--device", "gpu7"});
  const auto cuda = run_process({"test", "-e", "/dev/nvidiactl"}, scene.folder.path());
  if (cuda.exit_code != 0)
    check_run_refused(scene, 2, {"--device cuda", "no CUDA device"}, {"--device", "cuda"});
}

TEST_CASE("The log goes to stderr or a file, and quiet means silent", "[e2e]") {
  Scene scene;
  const auto plain = scene.run({"--threads", "1"});
  REQUIRE(plain.exit_code == 0);
  // No bar: no terminal. What the masks cost is worth a warning.
  CHECK(plain.err.rfind("actsparse: info: calibrating 3 layers on 16 batches\n", 0) == 0);
  CHECK(std::count(plain.err.begin(), plain.err.end(), '\n') == 2);
  CHECK(contains(plain.err, "actsparse: warning: masked.pt: the masks cost much"));
  CHECK(contains(plain.out, "masked model: masked.pt\nstate: state.pt\nreport: report.json\n"));
  const std::string masked = scene.read("masked.pt");

  const auto quiet = scene.run({"-q", "--json"});
  REQUIRE(quiet.exit_code == 0);
  CHECK(quiet.err == "");
  CHECK(only_json(quiet.out)["outputs"]["model"] == "masked.pt");
  CHECK(scene.read("masked.pt") == masked);

  const auto logged = scene.run({"--log-file", "log.txt", "--log-level", "debug"});
  REQUIRE(logged.exit_code == 0);
  CHECK(logged.err == "");
  CHECK(contains(scene.read("log.txt"), "calibrating 3 layers"));
}

TEST_CASE("A log of JSON is one object per line, the error included", "[e2e]") {
  Scene scene;
  const auto objects = [](const std::string& text) {
    std::istringstream lines(text);
    std::vector<nlohmann::json> parsed;
    for (std::string line; std::getline(lines, line);)
      parsed.push_back(nlohmann::json::parse(line));
    return parsed;
  };
  const auto good = objects(scene.run({"--log-format", "json", "-v"}).err);
  REQUIRE(good.size() > 1);
  for (const auto& object : good) {
    CHECK(object.size() == 3);
    CHECK(std::regex_match(object["time"].get<std::string>(),
                           std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)")));
  }
  const auto says = [](const nlohmann::json& object, const std::string& level) {
    return object["level"] == level;
  };
  CHECK(says(good.front(), "debug"));

  scene.config["layers"] = {{{"name", "conv\"1"}}};
  const auto bad = scene.run({"--log-format", "json", "--log-file", "log.txt", "-q"});
  CHECK(bad.exit_code == 4);
  for (const auto& text : {bad.err, scene.read("log.txt")}) {
    const auto errors = objects(text);
    REQUIRE(errors.size() == 1);
    CHECK(says(errors[0], "error"));
    CHECK(contains(errors[0]["message"].get<std::string>(), "conv\"1"));
  }
  CHECK(contains(scene.run({"--log-level", "off"}).err, "actsparse: error: "));
  check_refused(scene.run({"--log-format", "xml"}), 2, {"--log-format"});
}

TEST_CASE("LibTorch's own words are shown at log level debug only", "[e2e]") {
  Scene scene;
  scene.take_model(made_file("choosy.pt"), "fc");
  const auto result = scene.run({"-v"});
  CHECK(result.exit_code == 5);
  CHECK(contains(result.err, "actsparse: error: batch 3"));
  CHECK(contains(result.err, "Traceback of TorchScript"));
}
