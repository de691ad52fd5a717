// The table of commands; each is made in the file of its name.
#include "commands/commands.h"

namespace actsparse {

Command init_command();
Command run_command();
Command inspect_command();
Command calibrate_command();
Command merge_command();
Command step_command();
Command apply_command();
Command compact_command();
Command evaluate_command();
Command sensitivity_command();
Command search_command();
Command report_command();
Command functions_command();
Command validate_command();
Command version_command();

std::vector<Command> all_commands() {
  return {
      init_command(),      run_command(),         inspect_command(), calibrate_command(),
      merge_command(),     step_command(),        apply_command(),   compact_command(),
      evaluate_command(),  sensitivity_command(), search_command(),  report_command(),
      functions_command(), validate_command(),    version_command(),
  };
}

}  // namespace actsparse
