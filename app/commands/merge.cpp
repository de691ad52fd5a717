#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "commands/commands.h"
#include "engine.h"
#include "log.h"

namespace actsparse {

void add_merge(CLI::App& app) {
  struct Options {
    GlobalOptions global;
    std::vector<std::string> states;
    std::string state_out;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("merge", "One state of the states of all shards");
  command->add_option("STATE", options->states, "State files of calibrate --shard")->required();
  command->add_option("--state", options->state_out, "State file to write")->required();
  command->add_flag("--json", options->json, "Print the report as one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] {
    set_up_log(options->global);
    open_engine(options->global)->merge(options->states, options->state_out, options->json);
    if (!options->json) std::cout << "state: " << options->state_out << '\n';
  });
}

}  // namespace actsparse
