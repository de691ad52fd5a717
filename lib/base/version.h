#pragma once
namespace actsparse {

/// "0.1.0": the project's version, set once, in CMakeLists.txt.
const char* tool_version();

}  // namespace actsparse
