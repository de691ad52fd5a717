#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "commands/commands.h"
#include "engine.h"
#include "log.h"

namespace actsparse {

void add_step(CLI::App& app) {
  struct Options {
    GlobalOptions global;
    ConfigOptions config;
    std::string state_in, state_out;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("step", "Masks from the aggregates of a state; no model is run");
  command->add_option("--state", options->state_in, "State file of calibrate")->required();
  command->add_option("--state-out", options->state_out, "State file to write")->required();
  add_config_options(*command, options->config, false);
  command->add_flag("--json", options->json, "Print the report as one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] {
    set_up_log(options->global);
    const auto config = load_optional_config(options->config);
    if (config) check_output_path(*config, options->state_out, "--state-out");
    open_engine(options->global)
        ->step(options->state_in, config ? &*config : nullptr, options->state_out, options->json);
    if (!options->json) std::cout << "state: " << options->state_out << '\n';
  });
}

}  // namespace actsparse
