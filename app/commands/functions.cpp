#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
};

void declare(CLI::App& command, Options& options) { add_json(command, options.global); }

void run(const Options& options) {
  set_up_log(options.global);
  perform(FunctionsRequest(), options.global);
}

}  // namespace

Command functions_command() {
  return make_command("functions", "List every named function with its parameters and defaults",
                      {"actsparse functions"}, declare, run);
}

}  // namespace actsparse
