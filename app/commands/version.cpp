#include "commands/plain_command.h"

namespace actsparse {

Command version_command() {
  return make_plain_command<VersionRequest>(
      "version", "Print the versions of actsparse and LibTorch, and the devices",
      {"actsparse version"});
}

}  // namespace actsparse
