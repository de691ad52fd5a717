#include <iostream>
#include <optional>

#include "commands/command.h"
#include "commands/input_files.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  ConfigOptions config;
  std::string model, state, masked, small;
  std::vector<std::string> input;
  bool fold = false;
  bool repair = false;
};

// What the masked model is tried on.
std::optional<DataConfig> data_of(const Options& options, const std::optional<Config>& config) {
  if (config && !options.input.empty())
    throw Error(ErrorKind::Usage,
                "apply tries the model on one batch: either of the data of -c CONFIG, or of "
                "--input FILE");
  if (config) return config->data;
  if (options.input.empty()) return std::nullopt;
  return data_of_files(options.input);
}

void declare(CLI::App& command, Options& options) {
  command.add_option("MODEL", options.model, "TorchScript file the state was made with")
      ->required();
  command.add_option("--state", options.state, "State file of step or run")->required();
  command.add_option("-o,--output", options.masked, "Masked model to write")->required();
  command.add_flag("--fold", options.fold,
                   "Put masks of convolutions and linear layers into their weights: no "
                   "multiplication at run time");
  command.add_flag("--repair", options.repair,
                   "Give layers behind masks the weights with which they keep their answers, as "
                   "the config's 'repair' says; needs -c");
  command.add_option("--compact", options.small,
                     "Also write the small model: the masked one without its masked channels");
  add_config_options(command, options.config, false);
  add_input_option(command, options.input);
  add_json(command, options.global);
}

void check_repair(const Options& options, const std::optional<Config>& config) {
  if (!options.repair) return;
  if (!config || !config->repair.is_on())
    throw Error(
        ErrorKind::Usage,
        "--repair needs -c CONFIG with a 'repair' section, which says how, and on what data");
}

void run(const Options& options) {
  set_up_log(options.global);
  const auto config = load_optional_config(options.config);
  check_repair(options, config);
  if (config) check_output_path(*config, options.masked, "-o");
  if (config && !options.small.empty()) check_output_path(*config, options.small, "--compact");
  const MaskForm form = options.fold ? MaskForm::Weights : MaskForm::Buffers;
  perform(ApplyRequest{options.model, options.state, options.masked, options.small, form, config,
                       data_of(options, config), options.repair},
          options.global);
  if (!options.global.prints_text()) return;
  std::cout << "masked model: " << options.masked << '\n';
  if (!options.small.empty()) std::cout << "small model: " << options.small << '\n';
}

}  // namespace

Command apply_command() {
  return make_command("apply", "Write the masked model of a stepped state",
                      {"actsparse apply model.pt --state stepped.pt -o masked.pt",
                       "actsparse apply model.pt --state stepped.pt -o masked.pt --compact "
                       "small.pt -c config.json"},
                      declare, run);
}

}  // namespace actsparse
