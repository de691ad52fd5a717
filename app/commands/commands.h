#pragma once
#include <vector>

#include "commands/command.h"

namespace actsparse {

/// All commands, in the order of the help.
std::vector<Command> all_commands();

}  // namespace actsparse
