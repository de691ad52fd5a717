#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "commands/commands.h"
#include "engine.h"
#include "log.h"

namespace actsparse {

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
  command->add_flag("--json", options->json, "Print the report as one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] {
    set_up_log(options->global);
    const Config config = load_config(options->config);
    check_output_path(config, options->state, "--state");
    if (!options->shard.empty()) options->choice.shard = parse_shard(options->shard);
    open_engine(options->global)->calibrate(config, options->state, options->choice, options->json);
    if (!options->json) std::cout << "state: " << options->state << '\n';
  });
}

}  // namespace actsparse
