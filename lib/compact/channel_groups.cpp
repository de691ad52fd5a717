#include "compact/channel_groups.h"

#include <ATen/ops/ones.h>

#include <map>
#include <set>

#include "base/error.h"
#include "compact/analysis.h"
#include "compact/branches.h"
#include "compact/rule.h"
#include "model/apply_masks.h"
#include "model/layer_tree.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// Multiplies what enters each layer by 1, so that it can be found again in the flat graph.
torch::jit::Module mark(const Session& session, const std::vector<Site>& sites) {
  std::vector<MaskSite> masks;
  for (const auto& site : sites) masks.push_back({site, at::ones({}, at::kBool)});
  return apply_masks(session, masks);
}

// The multiplications that mark() made, by the names of their buffers; of each the first call.
std::map<std::string, const Node*> marked_nodes(const FlatModel& flat) {
  std::map<std::string, const Node*> nodes;
  for (const Node* node : flat.graph->nodes()) {
    if (node->kind() != c10::aten::mul) continue;
    if (const TensorName* name = flat.name_of(*node->inputs()[1])) nodes.emplace(name->path, node);
  }
  return nodes;
}

// Depthwise and grouped convolutions keep or lose a group as a whole.
void tie_groups(Findings& findings) {
  for (const auto& balance : findings.constraints.balances)
    for (const auto* side : {&balance.in, &balance.out})
      findings.ids.tie(*side, balance.in.narrow(1, 0, 1).expand_as(*side));
}

// Sets of producers whose channels are tied to each other. A producer is known by the block of ids
// that it was given at once (Ids::block).
class Producers {
 public:
  explicit Producers(const Ids& ids) : ids_(ids) {
    blocks_.fresh(ids.block(ids.size() - 1));
    for (int64_t id = 1; id < ids.size(); ++id)
      if (ids.root(id) != Ids::needed) blocks_.tie(ids.block(id), ids.block(ids.root(id)));
  }
  int64_t set_of(int64_t id) const { return blocks_.root(ids_.block(id)); }

 private:
  const Ids& ids_;
  Ids blocks_;
};

class Grouping {
 public:
  explicit Grouping(const Findings& findings) : findings_(findings), producers_(findings.ids) {
    for (const int64_t id : findings.wholes) wholes_.insert(findings.ids.root(id));
  }

  LayerChannels of(const Node& mask) {
    const Value* input = mask.inputs()[0];
    const auto& ids = findings_.values.at(input).channels.ids;
    LayerChannels channels;
    const auto axes = changing_axes(ids);
    channels.axis = axes.size() == 1 ? axes[0] : usual_axis(*mask.output(), ids.dim());
    channels.value = values_.emplace(input, values_.size()).first->second;
    const auto along = along_axis({ids, ids.to(at::kDouble)}, channels.axis);
    for (int64_t i = 0; i < ids.size(channels.axis); ++i) {
      const int64_t id = along ? findings_.ids.root(along->ids[i].item<int64_t>()) : Ids::needed;
      const bool is_fixed = id == Ids::needed || wholes_.count(id) != 0;
      // Channels that are fixed get negative numbers, which no class of ids has.
      channels.classes.push_back(is_fixed ? fixed_class(channels.value, i) : id);
      channels.sets.push_back(is_fixed ? -1 - channels.value : producers_.set_of(id));
    }
    return channels;
  }

 private:
  int64_t fixed_class(int64_t value, int64_t channel) {
    const int64_t number = -1 - static_cast<int64_t>(fixed_.size());
    return fixed_.emplace(std::pair(value, channel), number).first->second;
  }

  const Findings& findings_;
  Producers producers_;
  std::set<int64_t> wholes_;
  std::map<const Value*, int64_t> values_;
  std::map<std::pair<int64_t, int64_t>, int64_t> fixed_;
};

}  // namespace

std::vector<LayerChannels> channel_groups(const Session& session, const std::vector<Site>& sites,
                                          const std::vector<std::vector<c10::IValue>>& batches) {
  const auto marked = mark(session, sites);
  FlatModel flat = flatten(marked, session.method);
  const Trace values = decide_branches(flat, batches);
  Findings findings = analyse(flat, values);
  tie_groups(findings);
  const auto nodes = marked_nodes(flat);
  Grouping grouping(findings);
  std::vector<LayerChannels> groups;
  for (const auto& site : sites) {
    const std::string buffer = mask_buffer(find_layer(marked, site.layer));
    const auto node = nodes.find(site.layer.empty() ? buffer : site.layer + "." + buffer);
    if (node == nodes.end() || values.value(node->second->output()) == nullptr)
      throw Error(ErrorKind::Model,
                  layer_text(site.layer) +
                      " cannot be aligned: its call is not in the model's graph (in a branch or a "
                      "loop, of constants alone, or never made); give it \"align\": \"none\"");
    groups.push_back(grouping.of(*node->second));
  }
  return groups;
}

}  // namespace actsparse
