// The command line: every subcommand is a row of commands/commands.cpp.
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "base/error.h"
#include "base/nearest.h"
#include "commands/commands.h"
#include "global_options.h"
#include "log.h"

namespace {

using actsparse::Error;
using actsparse::ErrorKind;

int report_error(const Error& error) {
  actsparse::log_error(error);
  return error.exit_code();
}

// CLI11 only says that a command is required when it does not know the one that was given.
std::string unknown_command(const CLI::App& app) {
  const auto rest = app.remaining();
  if (!app.get_subcommands().empty() || rest.empty() || rest.front().front() == '-') return "";
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  return "unknown command '" + rest.front() + "', known are " + actsparse::quoted_list(names) +
         actsparse::did_you_mean(rest.front(), names);
}

int run_command(int argc, char** argv) {
  CLI::App app("Masks the activations of TorchScript models from a calibration run.", "actsparse");
  app.set_version_flag("--version", actsparse::version_text());
  app.require_subcommand(1);
  for (const auto& command : actsparse::all_commands())
    command.attach(*app.add_subcommand(command.name, command.description));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const std::string unknown = unknown_command(app);
    return report_error(
        Error(ErrorKind::Usage, (unknown.empty() ? error.what() : unknown) +
                                    "; see 'actsparse --help' or 'actsparse COMMAND --help'"));
  }
  return 0;
}

int exit_code(int argc, char** argv) {
  try {
    return run_command(argc, argv);
  } catch (const Error& error) {
    return report_error(error);
  } catch (const std::bad_alloc&) {
    return report_error(
        Error(ErrorKind::Internal, "out of memory; use a smaller data.batch_size or fewer layers"));
  } catch (const std::exception& error) {
    return report_error(Error(ErrorKind::Internal, "internal error (please report it): " +
                                                       actsparse::first_line(error.what()))
                            .with_details(error.what()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of writing like a full disk
  int code = exit_code(argc, argv);
  if (!std::cout.flush() && code == 0)
    code = report_error(Error(ErrorKind::Output, "standard output cannot be written: disk full?"));
  spdlog::shutdown();
  // All is written and closed. Taking LibTorch's operator tables apart would cost another 0.1 s.
  std::_Exit(code);
}
