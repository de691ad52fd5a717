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
  std::string output_dir, picture, shard, state;
  std::vector<std::string> shards;
  bool resume = false;
  double timeout = Job().timeout;
};

void declare(CLI::App& command, Options& options) {
  add_config_options(command, options.config, true);
  command.add_option("--output-dir", options.output_dir,
                     "Folder for the output files (made if missing)");
  command.add_option("--picture", options.picture, "SVG file that takes what was tried");
  CLI::Option* const shard = command.add_option(
      "--shard", options.shard,
      "I/N: measure what every N-th group of layers costs alone, from the I-th on, and no more");
  CLI::Option* const state =
      command.add_option("--state", options.state, "File that takes what a shard has measured");
  shard->needs(state);
  state->needs(shard);
  command
      .add_option("--shards", options.shards,
                  "Files of all shards: what is in them is not measured again")
      ->excludes(shard);
  add_resume(command, options.resume);
  add_timeout(command, options.timeout);
  command.add_flag("--json", options.global.json, "Print the report as one JSON document");
}

void print_found(const OutputConfig& output) {
  for (const auto& [name, path] : {std::pair("found config", output.config),
                                   {"curve", output.curve},
                                   {"masked model", output.model},
                                   {"small model", output.compact}})
    if (!path.empty())
      std::cout << name << ": " << std::filesystem::proximate(path).string() << '\n';
}

void run(const Options& options) {
  Job job = {options.resume, {}, read_launch(), options.timeout};
  set_up_log(options.global, job.launch);
  Config config = load_config(options.config);
  const OutputFolder folder(options.output_dir, job.launch, config);
  job.shard = read_shard(options.shard, job.launch);
  perform(
      SearchRequest{
          config, options.picture, options.state, {options.shards.begin(), options.shards.end()}},
      options.global, job);
  if (options.global.json || !job.launch.is_first()) return;
  if (options.state.empty())
    print_found(config.output);
  else
    std::cout << "state: " << options.state << '\n';
}

}  // namespace

Command search_command() {
  return make_command("search",
                      "Find each group's sparsity under a budget, and make the model of it",
                      declare, run);
}

}  // namespace actsparse
