#include <iostream>
#include <map>

#include "commands/command.h"
#include "commands/output_folder.h"
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
  add_config_argument(command, options.config);
  add_output_folder(command, options.output_dir);
  CLI::Option* dry_run = command.add_flag("--dry-run", options.dry_run,
                                          "Try everything on the first batch, write nothing");
  add_resume(command, options.resume)->excludes(dry_run);
  add_timeout(command, options.timeout);
  add_json(command, options.global);
}

void run(const Options& options) {
  const Launch launch = read_launch();
  set_up_log(options.global, launch);
  Config config = load_config(options.config);
  const OutputFolder folder(options.output_dir, launch, config);
  if (options.dry_run) {  // no work for several ranks
    if (launch.is_first()) perform(RunRequest{config, true}, options.global);
    return;
  }
  perform(RunRequest{config}, options.global, {options.resume, {}, launch, options.timeout});
  if (options.global.prints_text() && launch.is_first()) print_outputs(config.output);
}

}  // namespace

Command run_command() {
  return make_command("run", "Calibrate, compute masks, write the masked model, state and report",
                      {"actsparse run config.json -o out",
                       "actsparse run config.json --set layers.0.sparse_config.sparsity_level=0.7",
                       "actsparse run config.json --dry-run"},
                      declare, run);
}

}  // namespace actsparse
