// Options, help and what else has to do with how actsparse is called.
#include <sstream>

#include "base/version.h"
#include "e2e/scene.h"

using namespace actsparse;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> commands() {
  const TemporaryFolder folder;
  std::vector<std::string> names;
  bool are_commands = false;
  for (const auto& line : lines_of(run_actsparse({"--help"}, folder.path()).out)) {
    if (line == "Commands:") are_commands = true;
    if (line.empty()) are_commands = false;
    if (are_commands && line.rfind("  ", 0) == 0 && line[2] != ' ')
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return names;
}

}  // namespace

TEST_CASE("Help fits 80 columns and shows defaults and examples", "[e2e]") {
  const TemporaryFolder folder;
  const auto names = commands();
  CHECK(names.size() >= 13);
  for (const auto& name : names) {
    INFO(name);
    const auto help = run_actsparse({name, "--help"}, folder.path());
    CHECK(help.exit_code == 0);
    for (const auto& line : lines_of(help.out))
      if (line.rfind("  actsparse ", 0) != 0) CHECK(line.size() <= 80);  // an example may be longer
    CHECK(contains(help.out, "Usage: actsparse " + name + " "));
    CHECK(contains(help.out, "Examples:\n  actsparse " + name));
    CHECK(contains(help.out, "Options of all commands:"));
    CHECK(contains(help.out, "[default: cpu]"));
    CHECK(run_actsparse({"help", name}, folder.path()).out == help.out);
  }
  check_refused(run_actsparse({"help", "rum"}, folder.path()), 2, {"did you mean 'run'"});
}

TEST_CASE("Options of all commands stand before the command or behind it", "[e2e]") {
  Scene scene;
  scene.write("config.json", scene.config.dump());
  for (const Arguments& arguments : {Arguments{"--log-file", "log.txt", "run", "config.json"},
                                     Arguments{"run", "--log-file", "log.txt", "-c", "config.json"},
                                     Arguments{"run", "config.json", "--log-file", "log.txt"}}) {
    fs::remove(scene.folder / "log.txt");
    const auto result = run_actsparse(arguments, scene.folder.path());
    CHECK(result.exit_code == 0);
    CHECK(result.err == "");
    CHECK(contains(scene.read("log.txt"), "calibrating 3 layers"));
  }
}

TEST_CASE("A misspelt option is told with the one that was meant", "[e2e]") {
  const TemporaryFolder folder;
  const auto check = [&](const Arguments& arguments, const Arguments& fragments) {
    check_refused(run_actsparse(arguments, folder.path()), 2, fragments);
  };
  check({"run", "--confg", "x.json"}, {"'--confg'", "did you mean '--config'", "run --help"});
  check({"run", "x.json", "--treads=2"}, {"'--treads=2'", "did you mean '--threads'"});
  check({"--versoin"}, {"did you mean '--version'"});
  check({"run", "x.json", "y.json"}, {"unexpected argument 'y.json'"});
  check({"functions", "--threads", "0"}, {"--threads", "found 0", "a number from 1 to 4096"});
}

TEST_CASE("The version names LibTorch and the compiler, and the devices", "[e2e]") {
  const TemporaryFolder folder;
  for (const char* option : {"-V", "--version"}) {
    const auto lines = lines_of(run_actsparse({option}, folder.path()).out);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == std::string("actsparse ") + tool_version());
    CHECK(lines[1] == build_text());
  }
  CHECK(contains(run_actsparse({"version"}, folder.path()).out, "\ndevices: cpu"));
  const auto document = only_json(run_actsparse({"version", "--json"}, folder.path()).out);
  CHECK(document["actsparse"] == tool_version());
  CHECK(document["devices"][0] == "cpu");
}

TEST_CASE("What a shell completes is what there is", "[e2e]") {
  const TemporaryFolder folder;
  const auto bash = run_actsparse({"completion", "bash"}, folder.path());
  REQUIRE(bash.exit_code == 0);
  const auto completed = [&](const std::string& words, int word) {
    const std::string script = bash.out + "COMP_WORDS=(" + words +
                               "); COMP_CWORD=" + std::to_string(word) +
                               "; _actsparse; echo ${COMPREPLY[@]}";
    const auto result = run_process({"bash", "-c", script}, folder.path());
    CHECK(result.err == "");
    return result.out;
  };
  CHECK(completed("actsparse ins", 1) == "inspect\n");
  CHECK(completed("actsparse run --dry", 2) == "--dry-run\n");
  CHECK(completed("actsparse -q compact --gat", 3) == "--gather\n");
  for (const auto& name : commands())
    CHECK(contains(run_actsparse({"completion", "fish"}, folder.path()).out, "-a " + name + " "));
  check_refused(run_actsparse({"completion", "tcsh"}, folder.path()), 2, {"tcsh"});
}

TEST_CASE("-q prints nothing but errors", "[e2e]") {
  Scene scene;
  const auto run = scene.run({"-q"});
  CHECK(run.exit_code == 0);
  CHECK(run.out == "");
  CHECK(run.err == "");
  scene.config["layers"] = {{{"name", "nobody"}}};
  check_run_refused(scene, 4, {"nobody"}, {"-q"});
}

TEST_CASE("Colours are for terminals, unless they are refused or asked for", "[e2e]") {
  Scene scene;
  scene.config["data"] = {{"inputs", {{{"path", "missing.npy"}}}}};
  const auto escapes = [](const ProcessResult& result) { return contains(result.err, "\x1b["); };
  CHECK_FALSE(escapes(scene.run()));
  CHECK(escapes(scene.run({"--color", "always"})));
  CHECK_FALSE(escapes(scene.run({"--color", "never"})));
  const auto on_terminal = [&](const std::string& before) {
    return run_process(
               {"script", "-qec",
                "export TERM=xterm; " + before + " '" + actsparse_binary() + "' run config.json",
                "/dev/null"},
               scene.folder.path())
        .out;
  };
  CHECK(contains(on_terminal("env -u NO_COLOR"), "\x1b["));
  CHECK_FALSE(contains(on_terminal("NO_COLOR=1"), "\x1b["));
}

TEST_CASE("A config comes from standard input, and may have comments", "[e2e]") {
  Scene scene;
  scene.write("config.json", "// what for\n" + scene.config.dump());
  const auto result = run_process({"sh", "-c", "\"$0\" run -c - < config.json", actsparse_binary()},
                                  scene.folder.path());
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "masked model: masked.pt\n"));
}

TEST_CASE("Outputs stand in the current folder, or in the one that is named", "[e2e]") {
  Scene scene;
  fs::create_directories(scene.folder / "configs");
  fs::create_directories(scene.folder / "here");
  scene.write("configs/config.json", scene.config.dump());
  const auto run = [&](const Arguments& arguments) {
    const auto result = run_actsparse(arguments, scene.folder / "here");
    INFO(result.err);
    CHECK(result.exit_code == 0);
  };
  run({"run", "../configs/config.json"});
  CHECK(fs::exists(scene.folder / "here/masked.pt"));
  CHECK_FALSE(fs::exists(scene.folder / "configs/masked.pt"));
  run({"run", "../configs/config.json", "-o", "out"});
  CHECK(fs::exists(scene.folder / "here/out/masked.pt"));
}

TEST_CASE("Paths behind --set are those of the shell", "[e2e]") {
  Scene scene;
  fs::create_directories(scene.folder / "configs");
  scene.write("configs/config.json", scene.config.dump());
  fs::copy_file(sample("digits_cnn.pt"), scene.folder / "own.pt");
  fs::copy_file(sample("digits_calibration.npy"), scene.folder / "own.npy");
  const auto result =
      run_actsparse({"run", "configs/config.json", "--set", "model.path=own.pt", "--set",
                     "data.inputs.0.path=own.npy", "--set", "output.model=mine.pt", "--json"},
                    scene.folder.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(only_json(result.out)["model"]["path"] == "../own.pt");
  CHECK(fs::exists(scene.folder / "mine.pt"));
}

TEST_CASE("validate tells of all configs that are wrong", "[e2e]") {
  Scene scene;
  scene.write("good.json", scene.config.dump());
  scene.write("bad.json", "{\"version\": 1}");
  scene.write("other.yaml", "version: 1\nmodel:\n  path: m.pt\n");
  const auto good = run_actsparse({"validate", "good.json"}, scene.folder.path());
  CHECK(good.exit_code == 0);
  CHECK(good.out == "good.json: valid\n");
  const auto all =
      run_actsparse({"validate", "bad.json", "good.json", "other.yaml"}, scene.folder.path());
  CHECK(all.exit_code == 3);
  CHECK(all.out == "good.json: valid\n");
  CHECK(contains(all.err, "bad.json: keys are missing: model, "));
  CHECK(contains(all.err, "; data, "));
  CHECK(contains(all.err, "other.yaml: line 1: found YAML, allowed JSON"));
}

TEST_CASE("init writes a config that runs, and no other file", "[e2e]") {
  const TemporaryFolder folder;
  fs::copy_file(sample("digits_cnn.pt"), folder / "model.pt");
  fs::copy_file(sample("digits_calibration.npy"), folder / "x.npy");
  const Arguments init = {"init", "model.pt", "--data", "x.npy"};
  const auto made = run_actsparse(init, folder.path());
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK(contains(made.out, "masked layers: 1; left out: conv1, fc\n"));
  CHECK(contents(folder.path()).size() == 3);
  check_refused(run_actsparse(init, folder.path()), 2, {"config.json is there already", "-o"});
  const auto ran = run_actsparse({"run", "config.json", "-o", "out", "--json"}, folder.path());
  INFO(ran.err);
  REQUIRE(ran.exit_code == 0);
  const auto report = only_json(ran.out);
  CHECK(report["layers"].size() == 1);
  CHECK(report["compact"]["layers"][0]["removed"] == 8);
}

TEST_CASE("init finds the form of the data that the model takes", "[e2e]") {
  const TemporaryFolder folder;
  std::string pixels(40 * 64, '\0');
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i * 31 % 251);
  write_file(folder / "x.npy", npy_file("(40, 8, 8, 1)", pixels, "|u1"));
  const auto made = run_actsparse(
      {"init", sample("digits_cnn.pt"), "--data", "x.npy", "-o", "made.json", "--json"},
      folder.path());
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  const auto input = only_json(made.out)["data"]["inputs"][0];
  CHECK(input == nlohmann::json({{"path", "x.npy"},
                                 {"permute", {0, 3, 1, 2}},
                                 {"dtype", "float32"},
                                 {"divide_by", 255}}));
  CHECK(only_json(made.out) == nlohmann::json::parse(read_file(folder / "made.json")));
  write_file(folder / "bad.npy", npy_file("(40, 3)", std::string(40 * 12, '\0')));
  check_refused(
      run_actsparse({"init", sample("digits_cnn.pt"), "--data", "bad.npy", "-o", "b.json"},
                    folder.path()),
      5, {"input 'images' is float32 [5, 3]"});
}
