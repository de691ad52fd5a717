#pragma once
// A command is a row: its name, what it is for, its options, and what it does with them. Each file
// of this folder makes one, commands.cpp lists them.
#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "global_options.h"

namespace actsparse {

struct Command {
  std::string name, description;
  /// Declares the options on the command line's part that is the command's, and has the command run
  /// when that was parsed. It throws actsparse::Error.
  std::function<void(CLI::App&)> attach;
};

/// `Options` is a struct with a member `global`; `declare` adds all but the global options to the
/// command line, `run` finds what was given.
template <class Options>
Command make_command(std::string name, std::string description,
                     void (*declare)(CLI::App&, Options&), void (*run)(const Options&)) {
  const auto attach = [declare, run](CLI::App& command) {
    const auto options = std::make_shared<Options>();
    declare(command, *options);
    add_global_options(command, options->global);
    command.callback([run, options] { run(*options); });
  };
  return {std::move(name), std::move(description), attach};
}

}  // namespace actsparse
