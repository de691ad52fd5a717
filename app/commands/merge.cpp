#include <iostream>

#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  std::vector<std::string> states;
  std::string state_out;
};

void declare(CLI::App& command, Options& options) {
  command.add_option("STATE", options.states, "State files of calibrate or evaluate --shard")
      ->required();
  command.add_option("--state", options.state_out, "State file to write")->required();
  add_json(command, options.global);
}

void run(const Options& options) {
  set_up_log(options.global);
  const auto& states = options.states;
  perform(MergeRequest{{states.begin(), states.end()}, options.state_out}, options.global);
  if (options.global.prints_text()) std::cout << "state: " << options.state_out << '\n';
}

}  // namespace

Command merge_command() {
  return make_command("merge", "One state of the states of all shards",
                      {"actsparse merge part1.pt part2.pt --state sums.pt"}, declare, run);
}

}  // namespace actsparse
