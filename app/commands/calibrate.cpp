#include <iostream>

#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string state, shard;
  bool resume = false;
  double timeout = Job().timeout;
};

void declare(CLI::App& command, Options& options) {
  add_config_options(command, options.config, true);
  command.add_option("--state", options.state, "State file to write")->required();
  add_resume(command, options.resume);
  command.add_option("--shard", options.shard,
                     "I/N: every N-th batch, from the I-th on; see 'actsparse merge'");
  add_timeout(command, options.timeout);
  command.add_flag("--json", options.global.json, "Print the report as one JSON document");
}

void run(const Options& options) {
  Job job = {options.resume, {}, read_launch(), options.timeout};
  set_up_log(options.global, job.launch);
  const Config config = load_config(options.config);
  check_output_path(config, options.state, "--state");
  job.shard = read_shard(options.shard, job.launch);
  perform(CalibrateRequest{config, options.state}, options.global, job);
  if (!options.global.json && job.launch.is_first())
    std::cout << "state: " << options.state << '\n';
}

}  // namespace

Command calibrate_command() {
  return make_command("calibrate", "Aggregate only: a state that can be stepped later", declare,
                      run);
}

}  // namespace actsparse
