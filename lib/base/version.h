#pragma once
#include <string>

namespace actsparse {

/// "0.1.0": the project's version, set once, in CMakeLists.txt.
const char* tool_version();
/// "1.13.1": LibTorch's, of the build.
const char* built_with_libtorch();
/// "GCC 12.2.0"
const char* compiler();
/// "LibTorch 1.13.1, built with GCC 12.2.0"
std::string build_text();

}  // namespace actsparse
