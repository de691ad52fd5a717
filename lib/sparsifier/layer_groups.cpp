#include "sparsifier/layer_groups.h"

#include <map>
#include <numeric>
#include <utility>

namespace actsparse {
namespace {

// What layers have in common that are ranked together.
using Tie = std::pair<std::string, int64_t>;

std::vector<Tie> ties_of(const LayerRecord& layer) {
  if (!layer.settings.align.is_on() || !layer.channels) return {};
  if (layer.settings.align.name == "value") return {{"value", layer.channels->value}};
  std::vector<Tie> ties;
  for (const int64_t set : layer.channels->sets) ties.emplace_back("set", set);
  return ties;
}

}  // namespace

std::vector<std::vector<size_t>> layer_groups(const std::vector<LayerRecord>& layers) {
  std::vector<size_t> first(layers.size());  // of its group, as far as is known
  std::iota(first.begin(), first.end(), size_t{0});
  const auto root = [&](size_t layer) {
    while (first[layer] != layer) layer = first[layer];
    return layer;
  };
  std::map<Tie, size_t> holders;
  for (size_t i = 0; i < layers.size(); ++i)
    for (const Tie& tie : ties_of(layers[i])) {
      const size_t a = root(holders.emplace(tie, i).first->second), b = root(i);
      first[std::max(a, b)] = std::min(a, b);
    }
  std::map<size_t, std::vector<size_t>> groups;
  for (size_t i = 0; i < layers.size(); ++i) groups[root(i)].push_back(i);
  std::vector<std::vector<size_t>> found;
  for (auto& [number, group] : groups) found.push_back(std::move(group));
  return found;
}

}  // namespace actsparse
