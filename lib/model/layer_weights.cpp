#include "model/layer_weights.h"

#include <ATen/ops/cat.h>

#include <string>

#include "model/layer_owner.h"
#include "model/layer_window.h"

namespace actsparse {
namespace {

using torch::jit::Module;

at::Tensor tensor_in(const Module& layer, const std::string& name) {
  if (!layer.hasattr(name)) return {};
  const c10::IValue value = layer.attr(name);
  return value.isTensor() && value.toTensor().defined() ? value.toTensor().detach() : at::Tensor();
}

// Of the input: [outputs, inputs]. Undefined where the layer is not recurrent.
at::Tensor recurrent_weight(const Module& layer) {
  for (const char* name : {"weight_ih_l0", "weight_ih"}) {
    const at::Tensor forward = tensor_in(layer, name);
    if (!forward.defined() || forward.dim() != 2) continue;
    const at::Tensor backward = tensor_in(layer, std::string(name) + "_reverse");
    return backward.defined() ? at::cat({forward, backward}) : forward;
  }
  return {};
}

}  // namespace

std::optional<LayerWeight> layer_weight(const LayerUses& uses, const Site& site) {
  const LayerOwner owner = find_owner(uses.model(), site.layer);
  const bool is_layer = owner.parameter.empty();
  LayerWeight found{is_layer ? tensor_in(owner.module, "weight") : at::Tensor()};
  const at::Tensor recurrent = is_layer ? recurrent_weight(owner.module) : at::Tensor();
  if (!found.weight.defined() && recurrent.defined())
    return LayerWeight{recurrent, recurrent.unsqueeze(0).unsqueeze(3), -1};
  const auto window = layer_window(uses, site);
  if (window) {
    if (!found.weight.defined()) found.weight = window->weight;
    found.by_input = grouped(window->weight, window->window);
    found.channel_dim = -1 - static_cast<int64_t>(window->window.kernel.size());
  }
  return found.weight.defined() ? std::optional(found) : std::nullopt;
}

Weights layer_weights(const Session& session, const std::vector<Site>& sites) {
  const LayerUses uses(session);
  Weights weights;
  for (const auto& site : sites)
    if (auto weight = layer_weight(uses, site)) weights[site.layer] = std::move(*weight);
  return weights;
}

}  // namespace actsparse
