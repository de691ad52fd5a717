#include "model/apply_masks.h"

#include <torch/csrc/jit/ir/ir.h>

#include "model/device_of.h"
#include "model/layer_uses.h"
#include "model/mask_names.h"

namespace actsparse {
namespace {

using torch::jit::Module;

int masks_in(const LayerOwner& layer) {
  int count = 0;
  while (layer.module.hasattr(mask_name(layer.use, count))) ++count;
  return count;
}

// %masked = aten::mul(%input, %layer.activation_mask), which the layer reads instead.
void insert_mask(const LayerUse& use, const std::string& buffer) {
  auto& graph = *use.graph;
  const torch::jit::WithInsertPoint guard(use.start());
  torch::jit::Value* mask = graph.insertGetAttr(use.insert_owner(), buffer);
  torch::jit::Node* node = graph.create(c10::aten::mul, {use.input, mask});
  graph.insertNode(node)->output()->setType(use.input->type());
  use.read_instead(node);
}

void mask_layer(const Module& model, LayerOwner layer, const MaskSite& site,
                const std::vector<LayerUse>& uses) {
  const std::string buffer = mask_name(layer.use, masks_in(layer));
  // A copy of its own, where the layer is: the state's masks may be elsewhere and must stay there.
  const auto device = device_of(layer.module, device_of(model));
  layer.module.register_buffer(buffer, site.mask.to(device, site.mask.scalar_type(), false, true));
  for (const auto& use : uses) insert_mask(use, buffer);
}

}  // namespace

std::string mask_buffer(const LayerOwner& layer) {
  const int count = masks_in(layer);
  return count == 0 ? "" : mask_name(layer.use, count - 1);
}

Module apply_masks(const Session& session, const std::vector<MaskSite>& sites) {
  std::vector<std::string> layers;
  for (const auto& site : sites) layers.push_back(site.site.layer);
  Module clone = clone_with_own_uses(session, layers);
  const LayerUses uses(clone, session.method);
  for (const auto& site : sites)
    mask_layer(clone, find_owner(clone, site.site.layer), site, uses.of(site.site));
  return clone;
}

}  // namespace actsparse
