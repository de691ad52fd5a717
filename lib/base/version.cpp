#include "base/version.h"

namespace actsparse {

const char* tool_version() { return ACTSPARSE_VERSION; }

const char* built_with_libtorch() { return ACTSPARSE_LIBTORCH_VERSION; }

const char* compiler() { return ACTSPARSE_COMPILER; }

std::string build_text() {
  return std::string("LibTorch ") + built_with_libtorch() + ", built with " + compiler();
}

}  // namespace actsparse
