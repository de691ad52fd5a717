// The process: exit codes, and what ends it. Every command is a row of commands/commands.cpp.
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "base/error.h"
#include "command_line.h"
#include "log.h"

namespace {

using actsparse::Error;
using actsparse::ErrorKind;

int report_error(const Error& error) {
  actsparse::log_error(error);
  return error.exit_code();
}

int exit_code(int argc, char** argv) {
  try {
    actsparse::CommandLine().run(argc, argv);
    return 0;
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
