#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>

namespace actsparse {

/// Rewrites the relative paths of files that a config (or a part of it, under its own key) reads:
/// those from the folder `from` on become the same from `to` on. Both absolute. Addresses with
/// "://" and absolute paths stay.
void move_paths(nlohmann::json& value, const std::filesystem::path& from,
                const std::filesystem::path& to);

}  // namespace actsparse
