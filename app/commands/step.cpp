#include <iostream>

#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string state_in, state_out;
};

void declare(CLI::App& command, Options& options) {
  command.add_option("--state", options.state_in, "State file of calibrate")->required();
  command.add_option("--state-out", options.state_out, "State file to write")->required();
  add_config_options(command, options.config, false);
  add_json(command, options.global);
}

void run(const Options& options) {
  set_up_log(options.global);
  const auto config = load_optional_config(options.config);
  if (config) check_output_path(*config, options.state_out, "--state-out");
  perform(StepRequest{options.state_in, config, options.state_out}, options.global);
  if (options.global.prints_text()) std::cout << "state: " << options.state_out << '\n';
}

}  // namespace

Command step_command() {
  return make_command("step", "Masks from the aggregates of a state; no model is run",
                      {"actsparse step --state sums.pt -c config.json --state-out stepped.pt"},
                      declare, run);
}

}  // namespace actsparse
