#pragma once
// What the end-to-end tests share: a folder with a config to spoil, and what must hold after a
// failure.
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/files.h"
#include "support/process.h"

namespace actsparse {

using Arguments = std::vector<std::string>;

std::string sample(const std::string& name);     ///< path of a file in sample_models/
std::string made_file(const std::string& name);  ///< path of a file of make_files.py
std::string config_file(const std::string& name);

/// Every file and folder below `folder` with its bytes ("" for folders).
std::map<std::string, std::string> contents(const std::filesystem::path& folder);

/// A .npy file of version 1.0 that holds `bytes`, whatever its header says.
std::string npy_file(const std::string& shape, const std::string& bytes,
                     const std::string& dtype = "<f4");

/// A folder with config.json (digits_cnn, layers conv1, conv2 and fc) and the outputs of an earlier
/// run: masked.pt, state.pt and report.json.
class Scene {
 public:
  Scene();
  /// Writes the config and runs `actsparse run -c config.json`.
  ProcessResult run(const Arguments& more = {});
  /// Writes the config and runs actsparse here.
  ProcessResult actsparse(const Arguments& arguments);
  void write(const std::string& name, const std::string& bytes) {
    write_file(folder / name, bytes);
  }
  std::string read(const std::string& name) { return read_file(folder / name); }
  /// Another model and data for it: random [16, 4] in batches of 4, layer `layer`.
  void take_model(const std::string& path, const std::string& layer);

  TemporaryFolder folder;
  nlohmann::json config;
};

/// Exit code, and one line "actsparse: error: ..." on stderr that holds all `fragments`, nothing of
/// LibTorch's traces.
void check_refused(const ProcessResult& result, int exit_code, const Arguments& fragments);

/// run() is refused, prints nothing to stdout, and leaves the folder as it was, byte for byte.
void check_run_refused(Scene& scene, int exit_code, const Arguments& fragments,
                       const Arguments& more = {});

/// What spoils the scene, and how the run is refused.
struct BadCase {
  std::string name;
  std::function<void(Scene&)> spoil;
  int exit_code;
  Arguments fragments;
};
void check_all_refused(const std::vector<BadCase>& cases);

/// The command that runs actsparse without root's power over permissions. Nothing, with a warning,
/// if root runs the tests and user nobody cannot reach the binary.
std::optional<Arguments> unprivileged(const Arguments& arguments);

/// The one JSON document that `text` is; the test fails if it is something else.
nlohmann::json only_json(const std::string& text);

}  // namespace actsparse
