#include "model/apply_masks.h"

#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>

#include "model/device_of.h"
#include "model/layer_uses.h"
#include "model/mask_names.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using torch::jit::Value;

// Of a buffer that is called `first`, first_1, ...; -1 of others.
int number_of(const std::string& buffer, const std::string& first) {
  if (buffer == first) return 0;
  if (buffer.rfind(first + "_", 0) != 0) return -1;
  const std::string number = buffer.substr(first.size() + 1);
  const bool is_number = !number.empty() && number.size() < 9 &&
                         number.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? std::stoi(number) : -1;
}

// The number that the next mask or gate takes: numbers before it need not all be there, as a small
// model drops those it does not need.
int next_number(const LayerOwner& layer) {
  int next = 0;
  for (const auto& buffer : layer.module.named_buffers(/*recurse=*/false))
    for (const char* kind : {kMaskBuffer, kThresholdBuffer})
      next = std::max(next, number_of(buffer.name, mask_name(layer.use, 0, kind)) + 1);
  return next;
}

// How the buffers of one mask or gate are called.
struct BufferNames {
  std::string use;
  int number;
  std::string of(const char* kind) const { return mask_name(use, number, kind); }
};

Value* insert_call(torch::jit::Graph& graph, c10::Symbol kind, std::vector<Value*> inputs) {
  return graph.insertNode(graph.create(kind, inputs))->output();
}

// aten::gt(aten::abs(%input) [* %layer.activation_factors], %layer.activation_threshold)
Value* insert_comparison(const LayerUse& use, bool has_factors, const BufferNames& names) {
  auto& graph = *use.graph;
  Value* const owner = use.insert_owner();
  Value* sizes = insert_call(graph, c10::aten::abs, {use.input});
  if (has_factors)
    sizes = insert_call(graph, c10::aten::mul,
                        {sizes, graph.insertGetAttr(owner, names.of(kFactorsBuffer))});
  return insert_call(graph, c10::aten::gt,
                     {sizes, graph.insertGetAttr(owner, names.of(kThresholdBuffer))});
}

// %masked = aten::mul(%input, %layer.activation_mask), or in place of the buffer what a gate says
// of the input, which the layer reads instead.
void insert_mask(const LayerUse& use, const MaskSite& site, const BufferNames& names) {
  auto& graph = *use.graph;
  const torch::jit::WithInsertPoint guard(use.start());
  Value* const mask = site.gate ? insert_comparison(use, site.gate->factors.defined(), names)
                                : graph.insertGetAttr(use.insert_owner(), names.of(kMaskBuffer));
  Value* const masked = insert_call(graph, c10::aten::mul, {use.input, mask});
  masked->setType(use.input->type());
  use.read_instead(masked->node());
}

void register_buffers(Module layer, const MaskSite& site, const BufferNames& names,
                      at::Device device) {
  // Copies of their own, where the layer is: the state's may be elsewhere and must stay there.
  const auto add = [&](const char* kind, const at::Tensor& tensor) {
    layer.register_buffer(names.of(kind), tensor.to(device, tensor.scalar_type(), false, true));
  };
  if (!site.gate) return add(kMaskBuffer, site.mask);
  add(kThresholdBuffer, site.gate->threshold);
  if (site.gate->factors.defined()) add(kFactorsBuffer, site.gate->factors);
}

void mask_layer(const Module& model, const LayerOwner& layer, const MaskSite& site,
                const std::vector<LayerUse>& uses) {
  const BufferNames names{layer.use, next_number(layer)};
  register_buffers(layer.module, site, names, device_of(layer.module, device_of(model)));
  for (const auto& use : uses) insert_mask(use, site, names);
}

}  // namespace

std::string mask_buffer(const LayerOwner& layer) {
  const int last = next_number(layer) - 1;
  if (last < 0) return "";
  const std::string mask = mask_name(layer.use, last);
  return layer.module.hasattr(mask) ? mask : mask_name(layer.use, last, kThresholdBuffer);
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
