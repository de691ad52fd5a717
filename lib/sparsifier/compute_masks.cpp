#include "sparsifier/compute_masks.h"

#include <utility>

namespace actsparse {

Statistics statistics_of(const std::vector<LayerRecord>& layers) {
  return {layers.begin(), layers.end()};
}

Policy policy_of(const std::vector<LayerRecord>& layers, const FunctionTable& functions,
                 int64_t batch_size) {
  Policy policy{{}, functions, batch_size};
  for (const auto& layer : layers) policy.layers.push_back(layer.settings);
  return policy;
}

std::vector<LayerWarning> compute_masks(std::vector<LayerRecord>& layers,
                                        const FunctionTable& functions, int64_t batch_size,
                                        const Weights* weights) {
  Choice choice = choose(statistics_of(layers), policy_of(layers, functions, batch_size), weights);
  for (size_t i = 0; i < layers.size(); ++i) {
    layers[i].gate = std::move(choice.gates[i]);
    layers[i].accumulators.clear();
  }
  return std::move(choice.warnings);
}

}  // namespace actsparse
