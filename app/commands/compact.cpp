#include <iostream>
#include <optional>

#include "commands/command.h"
#include "commands/input_files.h"
#include "config/data_formats.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string masked, small;
  std::vector<std::string> input;
  std::optional<double> tolerance;
  std::optional<std::string> gather;
  bool keep_modules = false, flat = false;
};

// What the command line does not say, the config's output.compact does.
CompactOptions how(const Options& options, const std::optional<Config>& config) {
  CompactOptions how = config ? config->output.compact_options : CompactOptions();
  how.tolerance = options.tolerance.value_or(how.tolerance);
  how.gather = options.gather.value_or(how.gather);
  if (options.keep_modules || options.flat) how.keep_modules = options.keep_modules;
  return how;
}

CompactSettings settings_of(const Options& options, const std::optional<Config>& config) {
  if (config.has_value() == !options.input.empty())
    throw Error(
        ErrorKind::Usage,
        "compact needs one batch to run the model on: either -c CONFIG, whose data it takes, "
        "or --input FILE (" +
            data_extensions() + ")");
  if (!config) return {"forward", data_of_files(options.input), how(options, config)};
  check_output_path(*config, options.small, "-o");
  return {config->model.method, config->data, how(options, config)};
}

void declare(CLI::App& command, Options& options) {
  command.add_option("MASKED", options.masked, "Masked model, of run or apply")->required();
  command.add_option("-o,--output", options.small, "Small model to write")->required();
  add_config_options(command, options.config, false);
  add_input_option(command, options.input);
  command
      .add_option("--tolerance", options.tolerance,
                  "Largest relative difference to the masked model")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--gather", options.gather,
                  "Whether layers that need fewer channels than others pick their own: auto, off "
                  "or always")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "off", "always"}));
  auto* flat = command.add_flag("--flat", options.flat,
                                "Make one flat graph, in which code that runs several times can "
                                "differ");
  command
      .add_flag("--keep-modules", options.keep_modules,
                "Slice the tensors of the modules in place: the model can be trained, masked and "
                "compacted again (the default)")
      ->excludes(flat);
  add_json(command, options.global);
}

void run(const Options& options) {
  set_up_log(options.global);
  const auto config = load_optional_config(options.config);
  const auto settings = settings_of(options, config);
  perform(CompactRequest{options.masked, options.small, settings, config}, options.global);
  if (options.global.prints_text()) std::cout << "small model: " << options.small << '\n';
}

}  // namespace

Command compact_command() {
  return make_command(
      "compact", "Remove the masked channels of a model: smaller, faster, and proven equal to it",
      {"actsparse compact masked.pt -o small.pt -c config.json",
       "actsparse compact masked.pt -o small.pt --input batch.npy"},
      declare, run);
}

}  // namespace actsparse
