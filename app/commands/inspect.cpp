#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>

#include "base/error.h"
#include "commands/commands.h"
#include "global_options.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string model;
  bool json = false;
};

void inspect_command(const Options& options) {
  const RunOptions machine = run_options(options.global);
  if (options.config.file.empty() && !options.config.overrides.empty())
    throw Error(ErrorKind::Usage, "--set needs --config");
  std::optional<Config> config;
  if (!options.config.file.empty()) config = load_config(options.config);
  const Inspection inspection = inspect(options.model, config ? &*config : nullptr, machine);
  if (options.json)
    std::cout << to_json(inspection).dump(2) << std::endl;
  else
    print_text(inspection, std::cout);
}

}  // namespace

void add_inspect(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "inspect",
      "List the layers of a model; with a config, those it selects and what one batch does");
  command->add_option("MODEL", options->model, "TorchScript file")->required();
  add_config_options(*command, options->config, false);
  command->add_flag("--json", options->json, "Print one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] { inspect_command(*options); });
}

}  // namespace actsparse
