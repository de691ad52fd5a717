#include <CLI/CLI.hpp>
#include <memory>

#include "commands/commands.h"
#include "engine.h"
#include "log.h"

namespace actsparse {

void add_functions(CLI::App& app) {
  struct Options {
    GlobalOptions global;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("functions", "List every named function with its parameters and defaults");
  command->add_flag("--json", options->json, "Print one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] {
    set_up_log(options->global);
    open_engine(options->global)->functions(options->json);
  });
}

}  // namespace actsparse
