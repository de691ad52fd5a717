#include <CLI/CLI.hpp>
#include <memory>

#include "commands/commands.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string file;
  bool groups = false;
  bool json = false;
};

void inspect_command(const Options& options) {
  set_up_log(options.global);
  const auto config = load_optional_config(options.config);
  if (options.groups && !config)
    throw Error(ErrorKind::Usage, "--groups needs -c CONFIG: its layers, and a batch of its data");
  if (options.groups)
    return open_engine(options.global)->inspect_groups(options.file, *config, options.json);
  open_engine(options.global)->inspect(options.file, config ? &*config : nullptr, options.json);
}

}  // namespace

void add_inspect(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "inspect",
      "List the layers of a model; with a config, those it selects and what one batch does. Of a "
      "masked model, a state or a report: where it comes from");
  command->add_option("FILE", options->file, "TorchScript file, state or report")->required();
  add_config_options(*command, options->config, false);
  command->add_flag("--groups", options->groups,
                    "Which channels of the config's layers belong together (docs/compact.md)");
  command->add_flag("--json", options->json, "Print one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] { inspect_command(*options); });
}

}  // namespace actsparse
