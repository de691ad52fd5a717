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
  std::vector<std::string> examples;  ///< command lines, for its help
  /// Declares the options on the command line's part that is the command's, and has the command run
  /// when that was parsed. It throws actsparse::Error.
  std::function<void(CLI::App&, const GlobalOptions&)> attach;
};

/// `Options` is a struct with a member `global`; `declare` adds all but the global options to the
/// command line, `run` finds what was given.
template <class Options>
Command make_command(std::string name, std::string description, std::vector<std::string> examples,
                     void (*declare)(CLI::App&, Options&), void (*run)(const Options&)) {
  const auto attach = [declare, run](CLI::App& command, const GlobalOptions& global) {
    const auto options = std::make_shared<Options>();
    declare(command, *options);
    command.callback([run, options, &global] {
      const bool json = options->global.json;  // the command's own
      options->global = global;
      options->global.json = json;
      run(*options);
    });
  };
  return {std::move(name), std::move(description), std::move(examples), attach};
}

}  // namespace actsparse
