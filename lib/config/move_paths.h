#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace actsparse {

/// Rewrites the relative paths of files that a config (or a part of it, under its own key) reads:
/// those from the folder `from` on become the same from `to` on. Both absolute. Addresses with
/// "://" and absolute paths stay.
void move_paths(nlohmann::json& value, const std::filesystem::path& from,
                const std::filesystem::path& to);

/// Whether a section of the config ("data") names files that are read from its folder on. Those of
/// `output` and `run` stand from the current folder on, and parameters of functions are no paths.
bool names_files(const std::string& section);

}  // namespace actsparse
