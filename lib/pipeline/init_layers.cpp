#include "pipeline/init_layers.h"

#include <algorithm>
#include <set>

#include "config/preset.h"
#include "model/glob.h"

namespace actsparse {
namespace {

using nlohmann::ordered_json;

bool is_weighted(const Layer& layer) {
  const auto& types = weighted_types();
  return layer.same_as.empty() && (!layer.parameter.empty() ||
                                   std::any_of(types.begin(), types.end(), [&](const auto& type) {
                                     return glob_matches(type, layer.type);
                                   }));
}

bool can_be_masked(const InspectedLayer& inspected) {
  return inspected.probe && inspected.probe->obstacle.empty() && inspected.probe->calls > 0;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

InitialLayers initial_layers(const Inspection& inspection) {
  InitialLayers layers;
  for (const auto& inspected : inspection.layers)
    if (is_weighted(inspected.layer))
      (can_be_masked(inspected) ? layers.taken : layers.left).push_back(inspected.layer.name);
  if (layers.taken.size() < 3) return layers;
  layers.left.push_back(layers.taken.front());
  layers.left.push_back(layers.taken.back());
  layers.taken.erase(layers.taken.begin());
  layers.taken.pop_back();
  return layers;
}

ordered_json layer_entries(const InitialLayers& layers, const Inspection& inspection) {
  std::set<std::string> types;
  ordered_json uses = ordered_json::array(), entries = ordered_json::array();
  for (const auto& inspected : inspection.layers) {
    const Layer& layer = inspected.layer;
    if (!holds(layers.taken, layer.name)) continue;
    if (layer.parameter.empty())
      types.insert(layer.type);
    else
      uses.push_back({{"name", layer.name}});
  }
  if (!types.empty()) {
    ordered_json entry = {{"type", types}};
    ordered_json excluded = ordered_json::array();
    for (const auto& inspected : inspection.layers)
      if (types.count(inspected.layer.type) != 0 && holds(layers.left, inspected.layer.name))
        excluded.push_back(inspected.layer.name);
    for (const auto& name : layers.alone) excluded.push_back(name);
    if (!excluded.empty()) entry["exclude"] = excluded;
    entries.push_back(std::move(entry));
  }
  for (const auto& use : uses)
    if (!holds(layers.alone, use["name"])) entries.push_back(use);
  for (const auto& name : layers.alone) entries.push_back({{"name", name}, {"align", "none"}});
  return entries;
}

}  // namespace actsparse
