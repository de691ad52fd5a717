#pragma once
// Archives that somebody has damaged.
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace actsparse {

using Records = std::map<std::string, std::string>;

/// "tests/exported/archives/2.14/tiny.pt2" for "2.14/tiny".
std::filesystem::path archive_named(const std::string& name);

/// The records of 2.14/tiny, changed by `edit`, as an archive at `path`.
void edit_archive(const std::filesystem::path& path, const std::function<void(Records&)>& edit);
/// The same for the JSON of its program.
void edit_program(const std::filesystem::path& path,
                  const std::function<void(nlohmann::json&)>& edit);
/// The same for the JSON that says where its weights lie.
void edit_weights(const std::filesystem::path& path,
                  const std::function<void(nlohmann::json&)>& edit);

}  // namespace actsparse
