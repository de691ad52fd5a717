#include "commands/command.h"
#include "engine.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  std::filesystem::path model, config = "config.json";
  std::vector<std::filesystem::path> data;
};

void declare(CLI::App& command, Options& options) {
  command.add_option("MODEL", options.model, "TorchScript file")->required();
  command
      .add_option("--data", options.data,
                  "Samples, a file for each argument of the method; or batches (.pt)")
      ->required()
      ->allow_extra_args(false);
  command.add_option("-o,--output", options.config, "Config to write; must not be there yet")
      ->capture_default_str();
  add_json(command, options.global);
}

void run(const Options& options) {
  set_up_log(options.global);
  perform(InitRequest{options.model, options.data, options.config}, options.global);
}

}  // namespace

Command init_command() {
  return make_command("init", "Write a first config for a model and its data, tried on a batch",
                      {"actsparse init model.pt --data images.npy"}, declare, run);
}

}  // namespace actsparse
