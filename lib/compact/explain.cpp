#include "compact/explain.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <map>

#include "model/mask_names.h"

namespace actsparse {
namespace {

using torch::jit::Node;

// The layer whose inlined method the node comes from, "layer1.0", as told by the chain of calls.
std::string calling_layer(const Node& node) {
  std::string path;
  if (!node.callstack()) return path;
  for (const auto& [function, range, instance] : (*node.callstack())->vec()) {
    const std::string name = instance ? instance->instance_name() : "";
    if (!name.empty() && name != "SELF" && name != "INSTANCE_NAME_UNKNOWN")
      path += (path.empty() ? "" : ".") + name;
  }
  return path;
}

// The layer that a tensor belongs to; of one that is no layer's `weight`, the name of its use:
// "attn.in_proj" of "attn.in_proj_weight" (model/layer_owner.h).
std::string layer_of(const std::string& path) {
  const std::string ending = "_weight";
  const auto [owner, name] = owner_and_name(path);
  if (owner.empty() || name.size() <= ending.size() ||
      name.compare(name.size() - ending.size(), ending.size(), ending) != 0)
    return owner;
  return owner + "." + name.substr(0, name.size() - ending.size());
}

// The layer whose tensor the node reads.
std::string weight_owner(const FlatModel& model, const Node& node) {
  for (const auto* input : node.inputs())
    if (const TensorName* name = model.name_of(*input))
      if (auto owner = layer_of(name->path); !owner.empty()) return owner;
  return "";
}

MaskedChannels explain_mask(const FlatModel& model, const MaskNode& mask,
                            const Solution& solution) {
  MaskedChannels result;
  const TensorName* const name = model.name_of(*mask.mask);
  result.layer = name == nullptr ? "(constant)" : layer_of_mask(name->path);
  const auto ids = mask.channels.ids, known = mask.channels.known;
  result.total = ids.numel();
  std::map<std::string, int64_t> kept;
  for (int64_t i = 0; i < result.total; ++i) {
    const int64_t id = ids[i].item<int64_t>();
    const bool is_masked = known[i].item<double>() == 0, is_kept = solution.is_kept(id);
    result.masked += is_masked;
    result.removed += is_masked && !is_kept;
    result.lost += !is_masked && !is_kept;
    if (!is_masked || !is_kept) continue;
    const std::string text = cause_text(model, solution.cause(id));
    ++kept[text == "read by '" + result.layer + "'" ? "the rest of its plane is not masked" : text];
  }
  for (const auto& [text, count] : kept) result.kept.emplace_back(count, text);
  std::stable_sort(result.kept.begin(), result.kept.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  return result;
}

}  // namespace

void note_gathered(const FlatModel& model, const Rewrite& rewrite,
                   std::vector<MaskedChannels>& masks) {
  for (const auto& [node, change] : rewrite.changes()) {
    if (change.kind != Change::Kind::IndexSelect) continue;
    for (auto& mask : masks) {
      if (node_name(model, *node) != "'" + mask.layer + "'") continue;
      mask.gathered = 0;
      for (const auto& [count, why] : mask.kept) mask.gathered += count;
    }
  }
}

std::string node_name(const FlatModel& model, const Node& node) {
  const std::string layer = weight_owner(model, node);
  return layer.empty() ? operator_name(model, node) : "'" + layer + "'";
}

std::string operator_name(const FlatModel& model, const Node& node) {
  std::string layer = weight_owner(model, node);
  if (layer.empty()) layer = calling_layer(node);
  return node.kind().toQualString() + (layer.empty() ? "" : " in '" + layer + "'");
}

std::string cause_text(const FlatModel& model, const Cause& cause) {
  if (cause.by == nullptr)
    return cause.reason.empty() ? "goes with channels that are always kept" : cause.reason;
  return cause.reason.empty() ? "read by " + node_name(model, *cause.by)
                              : "read by " + operator_name(model, *cause.by) + ": " + cause.reason;
}

std::vector<MaskedChannels> explain(const FlatModel& model, const Findings& findings,
                                    const Solution& solution) {
  std::vector<MaskedChannels> masks;
  for (const auto& mask : findings.masks) masks.push_back(explain_mask(model, mask, solution));
  return masks;
}

}  // namespace actsparse
