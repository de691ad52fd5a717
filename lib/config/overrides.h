#pragma once
// --set PATH=VALUE.
#include "config/config.h"

namespace actsparse {

/// Sets one value of `json`; objects on the way that do not exist are made. Relative paths of files
/// to read stand from the folder `from` on, and are rewritten to stand from `to` on, the config's.
/// Throws Error(Config): an index out of range, or a path through something that is no object or
/// list.
void apply_override(nlohmann::json& json, const Override& override_, const std::string& label,
                    const std::filesystem::path& from = {}, const std::filesystem::path& to = {});

}  // namespace actsparse
