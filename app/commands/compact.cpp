#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "commands/commands.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string masked, small, input;
  CompactChoice choice;
  bool json = false;
};

// One file is the method's only argument, or, a .pt, a batch of all arguments.
DataConfig data_of_file(const std::string& file) {
  DataConfig data;
  data.base = std::filesystem::current_path();
  if (std::filesystem::path(file).extension() == ".pt")
    data.batches = {file};
  else
    data.inputs = {FileInput{std::filesystem::absolute(file), file, ""}};
  return data;
}

void compact_command(Options& options) {
  set_up_log(options.global);
  const auto config = load_optional_config(options.config);
  if (config.has_value() == !options.input.empty())
    throw Error(
        ErrorKind::Usage,
        "compact needs one batch to run the model on: either -c CONFIG, whose data it takes, "
        "or --input FILE (.npy, .npz, .pt)");
  if (config) {
    options.choice.method = config->model.method;
    options.choice.data = config->data;
    check_output_path(*config, options.small, "-o");
  } else {
    options.choice.data = data_of_file(options.input);
  }
  open_engine(options.global)->compact(options.masked, options.small, options.choice, options.json);
  if (!options.json) std::cout << "small model: " << options.small << '\n';
}

}  // namespace

void add_compact(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "compact", "Remove the masked channels of a model: smaller, faster, and proven equal to it");
  command->add_option("MASKED", options->masked, "Masked model, of run or apply")->required();
  command->add_option("-o,--output", options->small, "Small model to write")->required();
  add_config_options(*command, options->config, false);
  command->add_option("--input", options->input,
                      "A batch in place of the config's: .npy, .npz or .pt");
  command
      ->add_option("--tolerance", options->choice.tolerance,
                   "Largest relative difference to the masked model")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--json", options->json, "Print the report as one JSON document");
  add_global_options(*command, options->global);
  command->callback([options] { compact_command(*options); });
}

}  // namespace actsparse
