#include "model/layer_weights.h"

#include "model/layer_tree.h"

namespace actsparse {

Weights layer_weights(const torch::jit::Module& model, const std::vector<std::string>& layers) {
  Weights weights;
  for (const auto& name : layers) {
    const auto layer = find_layer(model, name);
    if (!layer.hasattr("weight")) continue;
    const c10::IValue weight = layer.attr("weight");
    if (weight.isTensor() && weight.toTensor().defined())
      weights[name] = weight.toTensor().detach();
  }
  return weights;
}

}  // namespace actsparse
