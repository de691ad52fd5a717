#pragma once
// The command line as a whole: all commands, the options that they share, help and completion.
#include <CLI/CLI.hpp>
#include <string>

#include "global_options.h"

namespace actsparse {

class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// Runs the command that was given. Throws Error; of a wrong command line Error(Usage), which
  /// names what was meant, if anything is near. Help and versions go to stdout.
  void run(int argc, char** argv);

 private:
  void add_help();
  void add_completion();
  [[noreturn]] void reject(const CLI::ParseError& cause) const;

  CLI::App app_;
  GlobalOptions global_;
};

}  // namespace actsparse
