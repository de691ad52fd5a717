#include "model/select_layers.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/nearest.h"
#include "model/glob.h"

namespace actsparse {
namespace {

bool is_excluded(const LayerSelector& entry, const std::string& name) {
  return std::any_of(entry.exclude.begin(), entry.exclude.end(),
                     [&](const auto& pattern) { return glob_matches(pattern, name); });
}

bool selects(const LayerSelector& entry, const Layer& layer) {
  if (is_excluded(entry, layer.name)) return false;
  if (entry.name) return layer.name == *entry.name;
  if (entry.match) return glob_matches(*entry.match, layer.name);
  return std::any_of(entry.types.begin(), entry.types.end(), [&](const auto& type) {
    return layer.qualified_type == type || glob_matches(type, layer.type);
  });
}

std::string nothing_selected(const std::vector<Layer>& layers, const LayerSelector& entry) {
  std::set<std::string> names, types;
  for (const auto& layer : layers) {
    names.insert(layer.name);
    types.insert(layer.type);
  }
  const std::vector<std::string> name_list(names.begin(), names.end()),
      type_list(types.begin(), types.end());
  if (const auto reason = no_layers(layers); !reason.empty()) return reason;
  if (std::any_of(layers.begin(), layers.end(),
                  [&](const auto& layer) { return selects(entry, layer); }))
    return "fewer than three layers are selected, and 'inner' leaves out the first and the last";
  if (entry.name)
    return "no layer is named '" + *entry.name + "'" + did_you_mean(*entry.name, name_list);
  if (entry.match)
    return "no layer matches '" + *entry.match + "'" + did_you_mean(*entry.match, name_list);
  return "no layer has the type " + quoted_list(entry.types) +
         did_you_mean(entry.types.front(), type_list) + "; there are " + quoted_list(type_list);
}

// In the model's order, each under its first name.
std::vector<const Layer*> selected_by(const LayerSelector& entry,
                                      const std::vector<Layer>& layers) {
  std::vector<const Layer*> selected;
  for (const auto& layer : layers)
    if (selects(entry, layer)) selected.push_back(&layer);
  if (!entry.inner) return selected;
  if (selected.size() < 3) return {};
  return {selected.begin() + 1, selected.end() - 1};
}

// An instance under a second name is the layer of its first.
const std::string& canonical_name(const Layer& layer) {
  return layer.same_as.empty() ? layer.name : layer.same_as;
}

}  // namespace

std::string no_layers(const std::vector<Layer>& layers) {
  if (layers.size() > 1) return "";
  return "the model has no layers but its root: it was frozen or inlined; use the file from before "
         "freezing";
}

Selection select_layers(const std::vector<Layer>& layers,
                        const std::vector<LayerSelector>& entries) {
  Selection selection;
  std::map<std::string, size_t> chosen;  // canonical name -> entry
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto selected = selected_by(entries[i], layers);
    for (const auto* layer : selected) {
      const auto [known, is_new] = chosen.emplace(canonical_name(*layer), i);
      if (!is_new && known->second != i)
        selection.warnings.push_back(layer_text(known->first) + ": " + entries[i].path +
                                     " replaces " + entries[known->second].path);
      known->second = i;
    }
    if (!selected.empty()) continue;
    const std::string message = entries[i].path + ": " + nothing_selected(layers, entries[i]);
    if (!entries[i].optional) throw Error(ErrorKind::Model, message);
    selection.warnings.push_back(message);
  }
  // The order in which the reference would have registered them.
  for (size_t i = 0; i < entries.size(); ++i)
    for (const auto& layer : layers) {
      const auto found = chosen.find(layer.name);
      if (found == chosen.end() || found->second != i || !layer.same_as.empty()) continue;
      selection.layers.push_back({layer.name, layer.type, i});
    }
  return selection;
}

}  // namespace actsparse
