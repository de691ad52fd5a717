#include "config/found_config.h"

#include "config/move_paths.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

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

// Below `folder` as they stand there; others under their names alone: whoever runs the config says
// where.
json outputs_of(const Config& config, const fs::path& folder) {
  json outputs = config.effective.value("output", json::object());
  for (const char* key : {"config", "curve"}) outputs.erase(key);
  for (const auto& [key, path] : output_files(config.output)) {
    const fs::path below = path.lexically_relative(folder);
    const std::string place =
        *below.begin() == ".." ? path.filename().string() : below.generic_string();
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
  for (const auto& section : config.effective.items()) {
    if (!names_files(section.key()) || !found.contains(section.key())) continue;
    json part = {{section.key(), section.value()}};
    move_paths(part, from, to);
    found.update(part);
  }
  found["output"] = outputs_of(config, to);
  return found;
}

}  // namespace actsparse
