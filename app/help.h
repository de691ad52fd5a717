#pragma once
// How --help looks: what a command is for, its arguments and options, examples; within 80 columns.
#include <CLI/CLI.hpp>
#include <string>

namespace actsparse {

/// Examples are the command's footer. Options of the command's parent, which may stand behind the
/// command too, come last.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* command, std::string name,
                        CLI::AppFormatMode mode) const override;
};

/// The names of the options that may follow `command`: "--config", "-c".
std::vector<std::string> option_names(const CLI::App& command);

}  // namespace actsparse
