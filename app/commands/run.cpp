#include <iostream>
#include <map>
#include <optional>

#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string output_dir;
  bool dry_run = false, resume = false;
  double timeout = Job().timeout;
};

namespace fs = std::filesystem;

/// --output-dir, made if missing; what was made goes again at the end of the scope if nothing was
/// put into it. (Of several ranks none takes it away: another one may be about to use it.)
class OutputFolder {
 public:
  OutputFolder(const fs::path& folder, const Launch& launch) {
    std::error_code failed;
    for (auto path = fs::absolute(folder); !fs::exists(path, failed); path = path.parent_path())
      if (path.has_filename()) made_.push_back(path);
    if (!launch.is_alone()) made_.clear();
    fs::create_directories(folder, failed);
    if (failed)
      throw Error(ErrorKind::Output,
                  "--output-dir " + folder.string() + ": cannot be made: " + failed.message());
  }
  ~OutputFolder() {
    std::error_code ignored;  // a folder that is not empty stays
    for (const auto& path : made_) fs::remove(path, ignored);
  }
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

 private:
  std::vector<fs::path> made_;  // innermost first
};

void print_outputs(const OutputConfig& output) {
  static const std::map<std::string, std::string> names = {{"model", "masked model"},
                                                           {"compact", "small model"}};
  for (const auto& [key, path] : output_files(output)) {
    const auto name = names.find(key);
    std::cout << (name == names.end() ? key : name->second) << ": "
              << std::filesystem::proximate(path).string() << '\n';
  }
}

void declare(CLI::App& command, Options& options) {
  add_config_options(command, options.config, true);
  command.add_option("--output-dir", options.output_dir,
                     "Folder for the output files (made if missing)");
  CLI::Option* dry_run = command.add_flag("--dry-run", options.dry_run,
                                          "Try everything on the first batch, write nothing");
  command
      .add_flag("--resume", options.resume,
                "Go on from the checkpoint of an earlier run, if there is one")
      ->excludes(dry_run);
  add_timeout(command, options.timeout);
  command.add_flag("--json", options.global.json, "Print the report as one JSON document");
}

void run(const Options& options) {
  const Launch launch = read_launch();
  set_up_log(options.global, launch);
  Config config = load_config(options.config);
  std::optional<OutputFolder> folder;
  if (!options.output_dir.empty()) {
    redirect_outputs(config, options.output_dir);
    folder.emplace(options.output_dir, launch);
  }
  if (options.dry_run) {  // no work for several ranks
    if (launch.is_first()) perform(RunRequest{config, true}, options.global);
    return;
  }
  perform(RunRequest{config}, options.global, {options.resume, {}, launch, options.timeout});
  if (!options.global.json && launch.is_first()) print_outputs(config.output);
}

}  // namespace

Command run_command() {
  return make_command("run", "Calibrate, compute masks, write the masked model, state and report",
                      declare, run);
}

}  // namespace actsparse
