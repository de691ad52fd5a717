#include <iostream>

#include "commands/command.h"
#include "commands/output_folder.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string output_dir, picture;
  bool resume = false;
  double timeout = Job().timeout;
};

void declare(CLI::App& command, Options& options) {
  add_config_options(command, options.config, true);
  command.add_option("--output-dir", options.output_dir,
                     "Folder for the output files (made if missing)");
  command.add_option("--picture", options.picture, "SVG file that takes what was tried");
  add_resume(command, options.resume);
  add_timeout(command, options.timeout);
  command.add_flag("--json", options.global.json, "Print the report as one JSON document");
}

void run(const Options& options) {
  const Launch launch = read_launch();
  set_up_log(options.global, launch);
  Config config = load_config(options.config);
  const OutputFolder folder(options.output_dir, launch, config);
  perform(SearchRequest{config, options.picture}, options.global,
          {options.resume, {}, launch, options.timeout});
  if (options.global.json || !launch.is_first()) return;
  for (const auto& [name, path] : {std::pair("found config", config.output.config),
                                   {"curve", config.output.curve},
                                   {"masked model", config.output.model},
                                   {"small model", config.output.compact}})
    if (!path.empty())
      std::cout << name << ": " << std::filesystem::proximate(path).string() << '\n';
}

}  // namespace

Command search_command() {
  return make_command("search",
                      "Find each group's sparsity under a budget, and make the model of it",
                      declare, run);
}

}  // namespace actsparse
