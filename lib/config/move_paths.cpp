#include "config/move_paths.h"

#include <algorithm>
#include <array>
#include <string>

namespace actsparse {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// All that sections call so is a path, or a list of some.
bool is_path(const std::string& key) {
  constexpr std::array keys = {"path", "images", "batches", "functions", "$schema"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string moved(const std::string& path, const fs::path& from, const fs::path& to) {
  const bool is_url = path.find("://") != std::string::npos;
  if (path.empty() || is_url || fs::path(path).is_absolute() || from == to) return path;
  return fs::path(from / path).lexically_normal().lexically_relative(to).generic_string();
}

}  // namespace

bool names_files(const std::string& section) {
  return section != "output" && section != "run" && section != "defaults" && section != "layers";
}

void move_paths(json& value, const fs::path& from, const fs::path& to) {
  if (value.is_array())
    for (auto& item : value) move_paths(item, from, to);
  if (!value.is_object()) return;
  for (auto& [key, item] : value.items()) {
    if (is_path(key) && item.is_string())
      item = moved(item.get<std::string>(), from, to);
    else if (is_path(key) && item.is_array())
      for (auto& file : item)
        file = file.is_string() ? json(moved(file.get<std::string>(), from, to)) : file;
    else
      move_paths(item, from, to);
  }
}

}  // namespace actsparse
