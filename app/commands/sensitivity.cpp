#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string picture;
  bool resume = false;
  double timeout = Job().timeout;
};

void declare(CLI::App& command, Options& options) {
  add_config_argument(command, options.config);
  command.add_option("--picture", options.picture, "SVG file that takes the curves");
  add_resume(command, options.resume);
  add_timeout(command, options.timeout);
  add_json(command, options.global);
}

void run(const Options& options) {
  const Launch launch = read_launch();
  set_up_log(options.global, launch);
  perform(SensitivityRequest{load_config(options.config), options.picture}, options.global,
          {options.resume, {}, launch, options.timeout});
}

}  // namespace

Command sensitivity_command() {
  return make_command("sensitivity",
                      "Mask each group of layers alone, at several levels: what that costs",
                      {"actsparse sensitivity config.json --picture curves.svg"}, declare, run);
}

}  // namespace actsparse
