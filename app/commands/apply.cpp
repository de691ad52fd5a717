#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "commands/commands.h"
#include "engine.h"
#include "log.h"

namespace actsparse {

void add_apply(CLI::App& app) {
  struct Options {
    GlobalOptions global;
    std::string model, state;
    ApplyChoice choice;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("apply", "Write the masked model of a stepped state");
  command->add_option("MODEL", options->model, "TorchScript file the state was made with")
      ->required();
  command->add_option("--state", options->state, "State file of step or run")->required();
  command->add_option("-o,--output", options->choice.masked, "Masked model to write")->required();
  command->add_flag("--fold", options->choice.fold,
                    "Put masks of convolutions and linear layers into their weights: no "
                    "multiplication at run time");
  command->add_option("--compact", options->choice.small,
                      "Also write the small model: the masked one without its masked channels");
  command->add_flag("--json", options->json, "Print the report as one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] {
    set_up_log(options->global);
    open_engine(options->global)
        ->apply(options->model, options->state, options->choice, options->json);
    if (options->json) return;
    std::cout << "masked model: " << options->choice.masked << '\n';
    if (!options->choice.small.empty())
      std::cout << "small model: " << options->choice.small << '\n';
  });
}

}  // namespace actsparse
