#include "base/version.h"

namespace actsparse {

const char* tool_version() { return ACTSPARSE_VERSION; }

}  // namespace actsparse
