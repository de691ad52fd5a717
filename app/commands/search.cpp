#include <iostream>

#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string output_dir;
  bool resume = false;
  double timeout = Job().timeout;
};

void declare(CLI::App& command, Options& options) {
  add_config_options(command, options.config, true);
  command.add_option("--output-dir", options.output_dir,
                     "Folder for the output files (made if missing)");
  command.add_flag("--resume", options.resume,
                   "Go on from the checkpoint of an earlier calibration, if there is one");
  add_timeout(command, options.timeout);
  command.add_flag("--json", options.global.json, "Print the report as one JSON document");
}

void run(const Options& options) {
  const Launch launch = read_launch();
  set_up_log(options.global, launch);
  Config config = load_config(options.config);
  if (!options.output_dir.empty()) {
    redirect_outputs(config, options.output_dir);
    std::error_code failed;
    fs::create_directories(options.output_dir, failed);
    if (failed)
      throw Error(ErrorKind::Output,
                  "--output-dir " + options.output_dir + ": cannot be made: " + failed.message());
  }
  perform(SearchRequest{config}, options.global, {options.resume, {}, launch, options.timeout});
  if (options.global.json || !launch.is_first()) return;
  for (const auto& [name, path] : {std::pair("found config", config.output.config),
                                   {"curve", config.output.curve},
                                   {"masked model", config.output.model},
                                   {"small model", config.output.compact}})
    if (!path.empty()) std::cout << name << ": " << fs::proximate(path).string() << '\n';
}

}  // namespace

Command search_command() {
  return make_command("search",
                      "Find each group's sparsity under a budget, and make the model of it",
                      declare, run);
}

}  // namespace actsparse
