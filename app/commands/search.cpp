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
  add_config_argument(command, options.config);
  add_output_folder(command, options.output_dir);
  command.add_option("--picture", options.picture, "SVG file that takes what was tried");
  CLI::Option* const shard = command
                                 .add_option("--shard", options.shard,
                                             "I/N: measure what every N-th group of layers costs "
                                             "alone, from the I-th on, and no more")
                                 ->type_name("I/N");
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
  add_json(command, options.global);
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
  if (!options.global.prints_text() || !job.launch.is_first()) return;
  if (options.state.empty())
    print_found(config.output);
  else
    std::cout << "state: " << options.state << '\n';
}

}  // namespace

Command search_command() {
  return make_command("search",
                      "Find each group's sparsity under a budget, and make the model of it",
                      {"actsparse search config.json -o out",
                       "actsparse search config.json --set search.budget.macs=0.5"},
                      declare, run);
}

}  // namespace actsparse
