#include "commands/plain_command.h"

namespace actsparse {

Command functions_command() {
  return make_plain_command<FunctionsRequest>(
      "functions", "List every named function with its parameters and defaults",
      {"actsparse functions"});
}

}  // namespace actsparse
