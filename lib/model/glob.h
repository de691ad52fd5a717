#pragma once
#include <string>

namespace actsparse {

/// Globs over FQNs: `*` any characters but a dot, `**` any characters, `?` one character but a dot.
bool glob_matches(const std::string& pattern, const std::string& name);

}  // namespace actsparse
