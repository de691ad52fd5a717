#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>

#include "base/error.h"
#include "commands/commands.h"
#include "global_options.h"

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
    set_up(options->global);
    if (options->config.file.empty() && !options->config.overrides.empty())
      throw Error(ErrorKind::Usage, "--set needs --config");
    std::optional<Config> config;
    if (!options->config.file.empty()) config = load_config(options->config);
    if (config) check_output_path(*config, options->state_out, "--state-out");
    print_report(step(options->state_in, config ? &*config : nullptr, options->state_out),
                 options->json);
    if (!options->json) std::cout << "state: " << options->state_out << '\n';
  });
}

}  // namespace actsparse
