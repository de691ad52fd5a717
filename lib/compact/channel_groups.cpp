#include "compact/channel_groups.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "compact/analysis.h"
#include "compact/branches.h"
#include "compact/explain.h"
#include "compact/grids.h"
#include "compact/nodes.h"
#include "compact/rule.h"
#include "functions/tensors.h"
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

std::string mark_path(const torch::jit::Module& marked, const Site& site) {
  const LayerOwner owner = find_owner(marked, site.layer);
  std::string path = site.layer.substr(0, site.layer.size() - owner.use.size());
  if (!path.empty() && path.back() != '.') path += '.';
  return path + mask_buffer(owner);
}

// The multiplications that mark() made, by the names of their buffers, in the order of the calls.
using Marks = std::map<std::string, std::vector<Node*>>;

Marks marked_nodes(const FlatModel& flat, const torch::jit::Module& marked,
                   const std::vector<Site>& sites) {
  Marks marks;
  for (const auto& site : sites) marks[mark_path(marked, site)];
  for (Node* node : all_nodes(*flat.graph->block())) {
    if (node->kind() != c10::aten::mul) continue;
    const TensorName* const name = flat.name_of(*node->inputs()[1]);
    const auto mark = name == nullptr ? marks.end() : marks.find(name->path);
    if (mark != marks.end()) mark->second.push_back(node);
  }
  return marks;
}

// As if each layer masked all of its channels: what is kept then is needed by something else.
void mask_all(const Marks& marks) {
  for (const auto& entry : marks)
    for (Node* node : entry.second) {
      const torch::jit::WithInsertPoint guard(node);
      node->replaceInput(1, node->owningGraph()->insertConstant(at::zeros({}, at::kBool)));
    }
}

// Depthwise and grouped convolutions keep or lose a group as a whole.
void tie_groups(Findings& findings) {
  for (const auto& balance : findings.constraints.balances)
    for (const auto* side : {&balance.in, &balance.out})
      findings.ids.tie(*side, balance.in.narrow(1, 0, 1).expand_as(*side));
}

// A head is one decision: queries, keys, values, and what the output layer reads of it.
void tie_heads(Findings& findings) {
  for (const auto& axis : findings.constraints.shared_axes) {
    if (!axis.is_batch) continue;
    const auto first = axis.rows.front().narrow(1, 0, 1);
    for (const auto& rows : axis.rows) findings.ids.tie(rows, first.expand_as(rows));
  }
}

// Where each of several values has one channel at an index of an axis that they share, it is one.
void tie_shared(Findings& findings) {
  for (const auto& axis : findings.constraints.shared_axes) {
    const auto is_one = [&](const at::Tensor& rows) {
      const auto roots = findings.ids.roots(rows);
      return roots.equal(roots.narrow(1, 0, 1).expand_as(roots));
    };
    if (!std::all_of(axis.rows.begin(), axis.rows.end(), is_one)) continue;
    for (const auto& rows : axis.rows)
      findings.ids.tie(rows.narrow(1, 0, 1), axis.rows.front().narrow(1, 0, 1));
  }
}

// What is left of ids that change along several axes: indices of one axis decide.
void tie_grids(Findings& findings) {
  for (const auto& box : findings.constraints.boxes) {
    if (changing_axes(box.ids).size() < 2) continue;
    const auto roots = findings.ids.roots(unexpanded(box.ids));
    tied_to_one_axis(findings.ids, canonical({roots, roots.to(at::kDouble)}).ids);
  }
}

void tie_decisions(Findings& findings) {
  tie_heads(findings);
  tie_groups(findings);
  tie_shared(findings);
  tie_grids(findings);
  tie_shared(findings);
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

// What is left of the constraints if one channel need not stay of each value.
Solution solve_without_boxes(const Findings& findings) {
  std::vector<SharedAxis> heads;  // of other axes one channel of each may have to stay
  for (const auto& axis : findings.constraints.shared_axes)
    if (axis.is_batch) heads.push_back(axis);
  return solve(findings.ids,
               {findings.constraints.needs, findings.constraints.balances, {}, std::move(heads)});
}

class Grouping {
 public:
  Grouping(const FlatModel& flat, const Trace& trace, const Findings& findings)
      : flat_(flat),
        trace_(trace),
        findings_(findings),
        producers_(findings.ids),
        solution_(solve_without_boxes(findings)) {
    for (const int64_t id : findings.wholes) wholes_.insert(findings.ids.root(id));
  }

  LayerGroups of(const std::string& layer, const Node& mark) {
    const auto axis = channel_axis(mark);
    if (!axis) return {std::nullopt, unknown_text(layer, mark), {}};
    return along(*axis, mark);
  }

 private:
  std::optional<int64_t> channel_axis(const Node& mark) const {
    const auto found = findings_.values.find(mark.inputs()[0]);
    if (found == findings_.values.end() || found->second.kind != Abstract::Kind::Tensor)
      return std::nullopt;
    const auto axes = changing_axes(tied_ids(found->second.channels.ids));
    return axes.size() == 1 ? std::optional(axes[0]) : usual_axis(*mark.output(), trace_);
  }

  at::Tensor tied_ids(const at::Tensor& ids) const {
    const auto roots = findings_.ids.roots(unexpanded(ids)).expand(ids.sizes());
    return canonical({roots, roots.to(at::kDouble)}).ids;
  }

  LayerGroups along(int64_t axis, const Node& mark) {
    const Value* input = mark.inputs()[0];
    const auto ids = tied_ids(findings_.values.at(input).channels.ids);
    LayerGroups groups = {LayerChannels{}, "", {}};
    groups.channels->axis = axis;
    groups.channels->value = values_.emplace(input, values_.size()).first->second;
    const auto found = along_axis({ids, ids.to(at::kDouble)}, axis);
    for (int64_t i = 0; i < ids.size(axis); ++i)
      add(groups, i, found ? found->ids[i].item<int64_t>() : Ids::needed);
    return groups;
  }

  // Channels that are fixed get negative numbers, which no class of ids has.
  void add(LayerGroups& groups, int64_t channel, int64_t id) {
    const int64_t root = findings_.ids.root(id), value = groups.channels->value;
    const bool is_fixed = root == Ids::needed || wholes_.count(root) != 0;
    groups.channels->classes.push_back(is_fixed ? fixed_class(value, channel) : root);
    groups.channels->sets.push_back(is_fixed ? -1 - value : producers_.set_of(root));
    groups.kept.push_back(solution_.is_kept(root) ? cause_text(flat_, solution_.cause(root)) : "");
  }

  int64_t fixed_class(int64_t value, int64_t channel) {
    const int64_t number = -1 - static_cast<int64_t>(fixed_.size());
    return fixed_.emplace(std::pair(value, channel), number).first->second;
  }

  std::string unknown_text(const std::string& layer, const Node& mark) const {
    std::set<std::string> readers;
    for (const auto& use : mark.output()->uses()) readers.insert(operator_name(flat_, *use.user));
    return fmt::format(
        "{}: which axis of its input {} holds the channels cannot be told (read by {})",
        layer_text(layer), shape_text(trace_.sizes(mark.output())), fmt::join(readers, ", "));
  }

  const FlatModel& flat_;
  const Trace& trace_;
  const Findings& findings_;
  Producers producers_;
  Solution solution_;
  std::set<int64_t> wholes_;
  std::map<const Value*, int64_t> values_;
  std::map<std::pair<int64_t, int64_t>, int64_t> fixed_;
};

// The first that was run and is in no loop.
const Node* followed_call(const std::vector<Node*>& calls, const Findings& findings) {
  const auto found = std::find_if(calls.begin(), calls.end(), [&](const Node* call) {
    return findings.values.count(call->output()) != 0;
  });
  return found == calls.end() ? nullptr : *found;
}

[[noreturn]] void refuse_uncalled(const std::string& layer) {
  throw Error(ErrorKind::Model,
              layer_text(layer) +
                  " cannot be aligned: its call is not in the model's graph (in a loop, of "
                  "constants alone, or never made); give it \"align\": \"none\"");
}

}  // namespace

std::vector<LayerGroups> examine_groups(const Session& session, const std::vector<Site>& sites,
                                        const std::vector<std::vector<c10::IValue>>& batches) {
  const auto marked = mark(session, sites);
  FlatModel flat = flatten(marked, session.method);
  const Trace values = decide_branches(flat, batches);
  const auto marks = marked_nodes(flat, marked, sites);
  mask_all(marks);
  Findings findings = analyse(flat, values, {{Gather::Off, /*any_weights=*/true}, {}});
  tie_decisions(findings);
  Grouping grouping(flat, values, findings);
  std::vector<LayerGroups> groups;
  for (const auto& site : sites) {
    const Node* const call = followed_call(marks.at(mark_path(marked, site)), findings);
    if (call == nullptr) refuse_uncalled(site.layer);
    groups.push_back(grouping.of(site.layer, *call));
  }
  return groups;
}

std::vector<LayerChannels> channel_groups(const Session& session, const std::vector<Site>& sites,
                                          const std::vector<std::vector<c10::IValue>>& batches) {
  std::vector<LayerChannels> channels;
  for (auto& groups : examine_groups(session, sites, batches)) {
    if (!groups.channels)
      throw Error(ErrorKind::Model, groups.unknown + "; give it \"align\": \"none\"");
    channels.push_back(std::move(*groups.channels));
  }
  return channels;
}

}  // namespace actsparse
