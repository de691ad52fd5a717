#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "commands/commands.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

void check_no_ranks(const std::string& shard, const Launch& launch) {
  if (!shard.empty() && !launch.is_alone())
    throw Error(ErrorKind::Usage, "--shard " + shard +
                                      " is for a process on its own, but this is "
                                      "one of " +
                                      std::to_string(launch.world_size) +
                                      " ranks, which share the batches by themselves");
}

}  // namespace

void add_calibrate(CLI::App& app) {
  struct Options {
    GlobalOptions global;
    ConfigOptions config;
    std::string state, shard;
    RunChoice choice;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("calibrate", "Aggregate only: a state that can be stepped later");
  add_config_options(*command, options->config, true);
  command->add_option("--state", options->state, "State file to write")->required();
  command->add_flag("--resume", options->choice.resume,
                    "Go on from the checkpoint of an earlier one, if there is one");
  command->add_option("--shard", options->shard,
                      "I/N: every N-th batch, from the I-th on; see 'actsparse merge'");
  add_timeout(*command, options->choice.timeout);
  command->add_flag("--json", options->json, "Print the report as one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] {
    RunChoice& choice = options->choice;
    choice.launch = read_launch();
    set_up_log(options->global, choice.launch);
    const Config config = load_config(options->config);
    check_output_path(config, options->state, "--state");
    if (!options->shard.empty()) choice.shard = parse_shard(options->shard);
    check_no_ranks(options->shard, choice.launch);
    open_engine(options->global)->calibrate(config, options->state, choice, options->json);
    if (!options->json && choice.launch.is_first())
      std::cout << "state: " << options->state << '\n';
  });
}

}  // namespace actsparse
