#include "sparsifier/level_masks.h"

#include <algorithm>
#include <utility>

#include "sparsifier/compute_masks.h"
#include "sparsifier/mask_buffer.h"

namespace actsparse {
namespace {

constexpr const char* kLevel = "sparsity_level";

}  // namespace

std::optional<std::string> why_no_level(const LayerRecord& layer, const FunctionTable& functions) {
  const std::string& name = layer.settings.mask_fn->name;
  for (const auto& function : functions.list()) {
    if (function.name != name) continue;
    const auto& parameters = function.parameters;
    if (std::any_of(parameters.begin(), parameters.end(),
                    [](const Parameter& parameter) { return parameter.name == kLevel; }))
      return std::nullopt;
  }
  return "its mask_fn '" + name + "' has no parameter '" + kLevel + "'";
}

std::vector<std::map<std::string, at::Tensor>> masks_at(const std::vector<LayerRecord>& layers,
                                                        const std::vector<double>& levels,
                                                        const FunctionTable& functions,
                                                        int64_t batch_size,
                                                        const Weights* weights) {
  const Statistics statistics = statistics_of(layers);
  Policy policy = policy_of(layers, functions, batch_size);
  policy.reduced = std::make_shared<std::map<std::pair<std::string, size_t>, Evidence>>();
  std::vector<std::map<std::string, at::Tensor>> masks;
  for (const double level : levels) {
    for (auto& settings : policy.layers) settings.sparse_config[kLevel] = level;
    const Choice choice = choose(statistics, policy, weights);
    auto& found = masks.emplace_back();
    for (size_t i = 0; i < layers.size(); ++i) {
      LayerRecord layer = layers[i];
      layer.gate = choice.gates[i];
      if (const auto site = mask_site(layer)) found.emplace(layer.site.layer, site->mask);
    }
  }
  return masks;
}

}  // namespace actsparse
