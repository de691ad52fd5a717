#pragma once
#include <CLI/CLI.hpp>
#include <string>

namespace actsparse {

/// A script that makes `shell` ("bash", "zsh", "fish") complete commands, their options, and files.
std::string completion_script(const CLI::App& app, const std::string& shell);

}  // namespace actsparse
