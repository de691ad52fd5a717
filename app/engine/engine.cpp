#include "engine.h"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <type_traits>

#include "base/version.h"
#include "engine/device_options.h"
#include "pipeline/pipeline.h"
#include "report/answer.h"

namespace actsparse {
namespace {

void print(const Answer& answer, const GlobalOptions& options) {
  if (options.is_silent()) return;
  answer.print(std::cout, options.json);
  if (!std::cout) throw Error(ErrorKind::Output, "standard output cannot be written: disk full?");
}

void print_or_fail(const Answer& answer, const GlobalOptions& options) {
  print(answer, options);
  if (answer.failure()) throw *answer.failure();
}

RunOptions options_for(const EngineOptions& engine) {
  RunOptions options = run_options(engine.global);
  static_cast<Job&>(options) = engine.job;
  if (!options.launch.is_first()) options.progress = nullptr;
  const auto give_up = [report = engine.report](const Error& error) {
    report(error);
    std::_Exit(error.exit_code());
  };
  options.group = ProcessGroup(options.launch, options.timeout, give_up, options.interrupted);
  return options;
}

// The work of this rank; the others learn if it fails.
template <class Command>
void perform_in_group(const Command& command, const EngineOptions& engine) {
  const RunOptions options = options_for(engine);
  std::optional<Error> failure;  // told when the others are done, too
  try {
    const Answer answer = perform(command, options);
    if (options.group.is_first()) {  // which alone knows of all batches
      print(answer, engine.global);
      failure = answer.failure();
    }
  } catch (const std::exception& error) {
    options.group.fail(error.what());
    throw;
  }
  if (failure) throw *failure;
}

// Making options catches signals, so commands that never look at them are left alone.
template <class Command, class = void>
constexpr bool takes_options = true;
template <class Command>
constexpr bool takes_options<Command, std::void_t<decltype(perform(std::declval<Command>()))>> =
    false;

void perform_request(const Request& request, const EngineOptions& engine) {
  spdlog::set_default_logger(
      engine.logger);  // another one than the binary's, if spdlog is no library
  set_up_libtorch(engine.global);
  const auto perform_command = [&](const auto& command) {
    if constexpr (takes_options<std::decay_t<decltype(command)>>)
      perform_in_group(command, engine);
    else
      print_or_fail(perform(command), engine.global);
  };
  std::visit(perform_command, request);
}

}  // namespace
}  // namespace actsparse

extern "C" {
extern const actsparse::EngineEntry actsparse_engine;
const actsparse::EngineEntry actsparse_engine{actsparse::tool_version(),
                                              actsparse::perform_request};
}
