#include "compact/unseen_masks.h"

#include <ATen/TensorOperators.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>

#include "compact/nodes.h"
#include "compact/rule.h"
#include "model/mask_names.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool is_seen(const Findings& findings, const Value* mask) {
  return std::any_of(findings.masks.begin(), findings.masks.end(),
                     [&](const MaskNode& seen) { return seen.mask == mask; });
}

std::string why(const Node& node, const FlatModel& model, const Findings& findings) {
  for (const Need& need : findings.constraints.needs)
    if (need.by == &node && !need.reason.empty()) return need.reason;
  if (node.owningBlock() != model.graph->block())
    return "it is called in a loop, or in a side of a branch that the data do not take: nothing is "
           "removed there";
  return "its channels are not known";
}

// For each channel whether the mask drops all of it, bool [channels].
at::Tensor dropped_channels(const at::Tensor& mask, const Node& node, const Trace& trace) {
  const auto rank =
      std::max<int64_t>(mask.dim(), static_cast<int64_t>(trace.sizes(node.output()).size()));
  const auto usual = usual_axis(*node.output(), trace);
  int64_t axis = usual ? *usual - rank + mask.dim() : -1;
  for (int64_t i = 0; i < mask.dim(); ++i)
    if (mask.size(i) == mask.numel()) axis = i;
  if (axis < 0 || axis >= mask.dim()) return mask.eq(0).all().reshape({1});
  return mask.eq(0).movedim(axis, 0).reshape({mask.size(axis), -1}).all(1);
}

}  // namespace

std::vector<MaskedChannels> unseen_masks(const FlatModel& model, const Findings& findings,
                                         const Trace& trace) {
  std::vector<MaskedChannels> masks;
  for_each_node(*model.graph->block(), [&](const Node& node) {
    if (node.kind() != c10::aten::mul || !is_mask(model, node.inputs()[1]) ||
        is_seen(findings, node.inputs()[1]))
      return;
    const at::Tensor mask = torch::jit::toIValue(node.inputs()[1])->toTensor();
    if (mask.numel() == 0 || !mask.eq(0).any().item<bool>()) return;
    const auto dropped = dropped_channels(mask, node, trace);
    MaskedChannels entry;
    entry.layer = layer_of_mask(model.name_of(*node.inputs()[1])->path);
    entry.total = dropped.numel();
    entry.masked = dropped.sum().item<int64_t>();
    if (entry.masked > 0) entry.kept = {{entry.masked, why(node, model, findings)}};
    masks.push_back(std::move(entry));
  });
  return masks;
}

}  // namespace actsparse
