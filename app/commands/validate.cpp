#include <spdlog/spdlog.h>

#include <iostream>

#include "commands/command.h"
#include "log.h"

namespace actsparse {
namespace {

struct Options {
  GlobalOptions global;
  std::vector<std::string> files;
  std::vector<std::string> overrides;
};

void declare(CLI::App& command, Options& options) {
  command
      .add_option("CONFIG", options.files, "Config files (JSON); - reads one from standard input")
      ->required();
  command.add_option("--set", options.overrides, "Override a value of each config")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

// All files are looked at: a batch job wants to know of all that are wrong.
void run(const Options& options) {
  set_up_log(options.global);
  std::vector<Error> errors;
  for (const auto& file : options.files) try {
      load_config(ConfigOptions{file, options.overrides});
      if (options.global.prints_text()) std::cout << file << ": valid\n";
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::Config) throw;
      errors.push_back(error);
    }
  if (errors.empty()) return;
  for (size_t i = 0; i + 1 < errors.size(); ++i) log_error(errors[i]);
  throw errors.back();
}

}  // namespace

Command validate_command() {
  return make_command("validate", "Check configs alone: no model and no data is opened",
                      {"actsparse validate config.json", "actsparse validate configs/*.json"},
                      declare, run);
}

}  // namespace actsparse
