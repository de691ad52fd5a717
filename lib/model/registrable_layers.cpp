#include "model/registrable_layers.h"

#include <algorithm>
#include <map>
#include <utility>

#include "model/layer_uses.h"

namespace actsparse {
namespace {

using Uses = std::vector<FunctionalUse>;

void add_place(std::string& text, const std::string& place) {
  if (text.find(place) == std::string::npos) text += (text.empty() ? "" : ", ") + place;
}

std::string places_of(const Uses& uses, const std::string& layer) {
  std::string text;
  for (const auto& use : uses)
    if (use.layer == layer) add_place(text, use.place());
  return text;
}

Layer layer_of(const FunctionalUse& use, const Layer& owner, const Uses& uses) {
  Layer layer{use.layer, use.type, use.type, "", owner.module};
  layer.parameter = use.parameter;
  layer.functional = places_of(uses, use.layer);
  return layer;
}

void add_parameters(std::vector<Layer>& layers, const Layer& owner, const Uses& uses) {
  const size_t begin = layers.size();
  for (const auto& use : uses) {
    if (use.owner_name != owner.name || use.layer == owner.name) continue;
    const bool known = std::any_of(layers.begin() + static_cast<int64_t>(begin), layers.end(),
                                   [&](const auto& layer) { return layer.name == use.layer; });
    if (!known) layers.push_back(layer_of(use, owner, uses));
  }
}

}  // namespace

std::vector<Layer> registrable_layers(const Session& session) {
  const LayerUses known(session);
  const Uses& uses = known.functional();
  std::vector<Layer> layers;
  for (auto& layer : list_layers(session.model)) {
    if (layer.same_as.empty()) layer.functional = places_of(uses, layer.name);
    layers.push_back(layer);
    if (layer.same_as.empty()) add_parameters(layers, layer, uses);
  }
  return layers;
}

}  // namespace actsparse
