#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace actsparse {

struct ProcessResult {
  int exit_code = -1;  ///< 128 + signal number if a signal ended it
  std::string out;
  std::string err;
};

/// Runs `command` (no shell) in `folder` and waits.
ProcessResult run_process(const std::vector<std::string>& command,
                          const std::filesystem::path& folder);

/// The actsparse binary that was built with these tests.
std::string actsparse_binary();

/// The shared library of plugin.cpp.
std::string plugin_library();

/// Runs the actsparse binary that was built with these tests.
ProcessResult run_actsparse(std::vector<std::string> arguments,
                            const std::filesystem::path& folder);

}  // namespace actsparse
