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
  add_config_argument(command, options.config);
  command.add_option("--state", options.state, "State file to write")->required();
  add_resume(command, options.resume);
  command
      .add_option("--shard", options.shard,
                  "I/N: every N-th batch, from the I-th on; see 'actsparse merge'")
      ->type_name("I/N");
  add_timeout(command, options.timeout);
  add_json(command, options.global);
}

void run(const Options& options) {
  Job job = {options.resume, {}, read_launch(), options.timeout};
  set_up_log(options.global, job.launch);
  const Config config = load_config(options.config);
  check_output_path(config, options.state, "--state");
  job.shard = read_shard(options.shard, job.launch);
  perform(CalibrateRequest{config, options.state}, options.global, job);
  if (options.global.prints_text() && job.launch.is_first())
    std::cout << "state: " << options.state << '\n';
}

}  // namespace

Command calibrate_command() {
  return make_command("calibrate", "Aggregate only: a state that can be stepped later",
                      {"actsparse calibrate config.json --state sums.pt",
                       "actsparse calibrate config.json --shard 1/4 --state part1.pt"},
                      declare, run);
}

}  // namespace actsparse
