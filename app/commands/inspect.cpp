#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string file;
  bool groups = false;
};

void declare(CLI::App& command, Options& options) {
  command.add_option("FILE", options.file, "TorchScript file, state or report")->required();
  add_config_options(command, options.config, false);
  command.add_flag("--groups", options.groups,
                   "Which channels of the config's layers belong together (docs/compact.md)");
  add_json(command, options.global);
}

void run(const Options& options) {
  set_up_log(options.global);
  const auto config = load_optional_config(options.config);
  if (options.groups && !config)
    throw Error(ErrorKind::Usage, "--groups needs -c CONFIG: its layers, and a batch of its data");
  perform(InspectRequest{options.file, config, options.groups}, options.global);
}

}  // namespace

Command inspect_command() {
  return make_command(
      "inspect",
      "List the layers of a model; with a config, those it selects and what one batch does. Of a "
      "masked model, a state or a report: where it comes from",
      {"actsparse inspect model.pt", "actsparse inspect model.pt -c config.json --groups",
       "actsparse inspect masked.pt"},
      declare, run);
}

}  // namespace actsparse
