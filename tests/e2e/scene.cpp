#include "e2e/scene.h"

#include <unistd.h>

#include <sstream>
#include <stdexcept>

namespace actsparse {
namespace fs = std::filesystem;
using nlohmann::json;

std::string sample(const std::string& name) {
  return (source_dir() / "sample_models" / name).string();
}

// One start of Python serves all tests.
std::string made_file(const std::string& name) {
  static const TemporaryFolder folder;
  static const auto made =
      run_process({"/usr/bin/python3", (source_dir() / "tests/e2e/make_files.py").string(),
                   folder.path().string(), plugin_library()},
                  folder.path());
  if (made.exit_code != 0) throw std::runtime_error("make_files.py failed: " + made.err);
  return (folder / name).string();
}

std::string config_file(const std::string& name) {
  return (source_dir() / "configs" / name).string();
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    found[entry.path().string()] = entry.is_regular_file() ? read_file(entry.path()) : "";
  return found;
}

std::string npy_file(const std::string& shape, const std::string& bytes, const std::string& dtype) {
  std::string header =
      "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(117, ' ');
  header += '\n';  // 128 bytes with the 10 before it
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + bytes;
}

Scene::Scene() : config(json::parse(read_file(config_file("digits_cnn.json")))) {
  config.erase("evaluate");  // its data and labels are the digits'
  config["model"]["path"] = sample("digits_cnn.pt");
  config["data"]["inputs"][0]["path"] = sample("digits_calibration.npy");
  config["output"] = {{"model", "masked.pt"}, {"state", "state.pt"}, {"report", "report.json"}};
  for (const char* name : {"masked.pt", "state.pt", "report.json"})
    write(name, std::string("an earlier ") + name);
}

ProcessResult Scene::actsparse(const Arguments& arguments) {
  write("config.json", config.dump());
  return run_actsparse(arguments, folder.path());
}

ProcessResult Scene::run(const Arguments& more) {
  Arguments arguments = {"run", "-c", "config.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return actsparse(arguments);
}

void Scene::take_model(const std::string& path, const std::string& layer) {
  config["model"]["path"] = path;
  config["data"] = {{"inputs", {{{"random", {{"shape", {16, 4}}}}}}}, {"batch_size", 4}};
  config["layers"] = {{{"name", layer}}};
}

void check_refused(const ProcessResult& result, int exit_code, const Arguments& fragments) {
  INFO("stderr: " << result.err);
  CHECK(result.exit_code == exit_code);
  std::istringstream lines(result.err);
  std::string line, error;
  int errors = 0, others = 0;
  while (std::getline(lines, line)) {
    if (line.rfind("actsparse: error: ", 0) == 0) {
      ++errors;
      error = line;
    } else if (line.rfind("actsparse: ", 0) != 0) {  // info and warnings are lines of our own
      ++others;
    }
  }
  CHECK(errors == 1);
  CHECK(others == 0);
  for (const auto& fragment : fragments) {
    INFO("fragment: " << fragment);
    CHECK(contains(error, fragment));
  }
}

void check_run_refused(Scene& scene, int exit_code, const Arguments& fragments,
                       const Arguments& more) {
  scene.write("config.json", scene.config.dump());
  const auto before = contents(scene.folder.path());
  const auto result = scene.run(more);
  check_refused(result, exit_code, fragments);
  CHECK(result.out == "");
  CHECK(contents(scene.folder.path()) == before);
}

void check_all_refused(const std::vector<BadCase>& cases) {
  for (const auto& bad : cases) {
    INFO("case: " << bad.name);
    Scene scene;
    bad.spoil(scene);
    check_run_refused(scene, bad.exit_code, bad.fragments);
  }
}

std::optional<Arguments> unprivileged(const Arguments& arguments) {
  Arguments command = {actsparse_binary()};
  if (::geteuid() == 0) {
    const Arguments as_nobody = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    Arguments can_run = as_nobody;
    can_run.insert(can_run.end(), {"test", "-x", actsparse_binary()});
    if (run_process(can_run, "/").exit_code != 0) {
      WARN("skipped: user nobody cannot reach the binary");
      return std::nullopt;
    }
    command.insert(command.begin(), as_nobody.begin(), as_nobody.end());
  }
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

json only_json(const std::string& text) {
  json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  INFO(text);
  REQUIRE_FALSE(document.is_discarded());
  return document;
}

}  // namespace actsparse
