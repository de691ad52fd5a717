#include "model/apply_masks.h"

#include <torch/csrc/jit/ir/ir.h>

#include "model/device_of.h"
#include "model/layer_tree.h"
#include "model/own_types.h"

namespace actsparse {
namespace {

using torch::jit::Module;

std::string buffer_name(int number) {
  return number == 0 ? "activation_mask" : "activation_mask_" + std::to_string(number);
}

int masks_in(const Module& layer) {
  int count = 0;
  while (layer.hasattr(buffer_name(count))) ++count;
  return count;
}

// At the start of the method: %masked = aten::mul(%input, %self.activation_mask); everything else
// reads %masked.
void insert_mask(const CallMethod& call, const std::string& buffer) {
  auto& graph = *call.graph;
  const torch::jit::WithInsertPoint guard(*graph.nodes().begin());
  torch::jit::Value* mask = graph.insertGetAttr(graph.inputs().at(0), buffer);
  torch::jit::Node* node = graph.create(c10::aten::mul, {call.input, mask});
  graph.insertNode(node)->output()->setType(call.input->type());
  call.input->replaceAllUsesAfterNodeWith(node, node->output());
}

void mask_layer(const Module& model, Module layer, const MaskSite& site,
                const std::string& method) {
  const auto calls = call_methods(model, layer, site.site, method);
  const std::string buffer = buffer_name(masks_in(layer));
  // A copy of its own, where the layer is: the state's masks may be elsewhere and must stay there.
  const auto device = device_of(layer, device_of(model));
  layer.register_buffer(buffer, site.mask.to(device, site.mask.scalar_type(), false, true));
  for (const auto& call : calls) insert_mask(call, buffer);
}

}  // namespace

std::string mask_buffer(const Module& layer) {
  const int count = masks_in(layer);
  return count == 0 ? "" : buffer_name(count - 1);
}

Module apply_masks(const Session& session, const std::vector<MaskSite>& sites) {
  std::vector<std::string> layers;
  for (const auto& site : sites) layers.push_back(site.site.layer);
  Module clone = clone_with_own_types(session.model, layers);
  for (const auto& site : sites)
    mask_layer(clone, find_layer(clone, site.site.layer), site, session.method);
  return clone;
}

}  // namespace actsparse
