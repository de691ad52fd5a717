#include "config/found_config.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string moved(const std::string& path, const fs::path& from, const fs::path& to) {
  const bool is_url = path.find("://") != std::string::npos;
  if (path.empty() || is_url || fs::path(path).is_absolute() || from == to) return path;
  return fs::path(from / path).lexically_normal().lexically_relative(to).generic_string();
}

// All that sections call "path" or "images" is one, or a list of them.
void move_paths(json& value, const fs::path& from, const fs::path& to) {
  if (value.is_array())
    for (auto& item : value) move_paths(item, from, to);
  if (!value.is_object()) return;
  for (auto& [key, item] : value.items()) {
    const bool is_path = key == "path" || key == "images" || key == "batches";
    if (is_path && item.is_string())
      item = moved(item.get<std::string>(), from, to);
    else if (key == "batches" && item.is_array())
      for (auto& file : item)
        file = file.is_string() ? json(moved(file.get<std::string>(), from, to)) : file;
    else
      move_paths(item, from, to);
  }
}

json entry_of(const json& entry, const json& defaults, const SettledLayer& settled) {
  json found = entry;
  for (const char* key : {"name", "match", "type", "exclude", "optional"}) found.erase(key);
  found["name"] = settled.layer;
  if (!settled.level) return found;
  json own = entry.value("sparse_config", json::object());
  if (own.is_null()) {  // which drops the defaults
    own = json::object();
    const json dropped = defaults.value("sparse_config", json::object());
    if (dropped.is_object())
      for (const auto& [key, value] : dropped.items()) own[key] = nullptr;
  }
  own["sparsity_level"] = *settled.level;
  found["sparse_config"] = own;
  return found;
}

json outputs_of(const Config& config, const fs::path& folder) {
  json outputs = config.effective.value("output", json::object());
  for (const char* key : {"config", "curve"}) outputs.erase(key);
  for (const auto& [key, path] : output_files(config.output)) {
    const std::string place = path.lexically_relative(folder).generic_string();
    if (outputs.contains(key) && outputs[key].is_object())
      outputs[key]["path"] = place;
    else
      outputs[key] = place;
  }
  return outputs;
}

}  // namespace

json found_config(const Config& config, const std::vector<SettledLayer>& layers,
                  const fs::path& folder) {
  const fs::path from = config.data.base, to = fs::absolute(folder).lexically_normal();
  json found = config.effective;
  found.erase("search");
  found.erase("output");
  const json entries = found.at("layers"), defaults = found.value("defaults", json::object());
  found["layers"] = json::array();
  for (const auto& settled : layers)
    found["layers"].push_back(entry_of(entries.at(settled.entry), defaults, settled));
  move_paths(found, from, to);
  if (found.contains("functions"))
    for (auto& file : found["functions"]) file = moved(file.get<std::string>(), from, to);
  if (found.contains("$schema"))
    found["$schema"] = moved(found["$schema"].get<std::string>(), from, to);
  found["output"] = outputs_of(config, to);
  return found;
}

}  // namespace actsparse
