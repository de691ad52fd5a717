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
  perform(VersionRequest(), options.global);
}

}  // namespace

Command version_command() {
  return make_command("version", "Print the versions of actsparse and LibTorch, and the devices",
                      {"actsparse version"}, declare, run);
}

}  // namespace actsparse
