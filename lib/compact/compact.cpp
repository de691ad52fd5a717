#include "compact/compact.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "base/error.h"
#include "compact/analysis.h"
#include "compact/branches.h"
#include "compact/changed_modules.h"
#include "compact/conflicts.h"
#include "compact/cost.h"
#include "compact/explain.h"
#include "compact/fold_masks.h"
#include "compact/in_place.h"
#include "compact/input_gates.h"
#include "compact/macs.h"
#include "compact/named_module.h"
#include "compact/nodes.h"
#include "compact/tensor_memory.h"
#include "compact/unseen_masks.h"
#include "model/own_types.h"

namespace actsparse {
namespace {

using torch::jit::Module;
using torch::jit::Node;
using Batches = std::vector<std::vector<c10::IValue>>;
using Pinned = std::map<size_t, std::string>;  // by the node's place in the flat graph

// A flat graph from which channels have been removed, and what was changed for it.
struct Shrunk {
  FlatModel flat;
  std::vector<Node*> nodes;  // before anything was changed
  Compacted result;          // but for the module
  Changes changes;
};

Shrunk shrink(FlatModel flat, const Batches& batches, Gather gather, const Pinned& pinned) {
  Shrunk shrunk;
  const Trace values = decide_branches(flat, batches);
  shrunk.nodes = all_nodes(*flat.graph->block());
  AnalysisOptions options{{gather, false}, {}};
  for (const auto& [place, reason] : pinned) options.pinned[shrunk.nodes.at(place)] = reason;
  const Findings findings = analyse(flat, values, options);
  const Solution solution = solve(findings.ids, findings.constraints);
  shrunk.result.masks = explain(flat, findings, solution);
  for (auto& mask : unseen_masks(flat, findings, values))
    shrunk.result.masks.push_back(std::move(mask));
  for (auto& gate : input_gates(flat, values)) shrunk.result.masks.push_back(std::move(gate));
  shrunk.result.macs_before = count_macs(flat, values);
  Rewrite rewrite(flat, values, solution);
  for (const auto& edit : findings.edits) edit(rewrite);
  fold_masks(flat, rewrite, values, options.pinned);
  note_gathered(flat, rewrite, shrunk.result.masks);
  shrunk.changes = rewrite.changes();
  shrunk.flat = std::move(flat);
  return shrunk;
}

void count_costs(Compacted& result, const std::string& method, const Batches& batches) {
  FlatModel small = flatten(result.module, method);
  const Trace values = trace(small, {batches.at(0)});
  result.macs_after = count_macs(small, values);
  result.gathered_bytes = count_gathered_bytes(small, values);
}

Module flat_module(Shrunk& shrunk) {
  FlatModel& flat = shrunk.flat;
  forget_sizes(*flat.graph);
  torch::jit::EliminateDeadCode(flat.graph);
  restore_in_place(*flat.graph);
  Module module = named_module(flat);
  flat.graph->lint();
  return module;
}

void pin(const PinnedNodes& found, const Shrunk& shrunk, Pinned& pinned) {
  const size_t before = pinned.size();
  for (size_t place = 0; place < shrunk.nodes.size(); ++place)
    if (const auto conflict = found.find(shrunk.nodes[place]); conflict != found.end())
      pinned.emplace(place, conflict->second);
  if (pinned.size() == before) throw Error(ErrorKind::Internal, "what is pinned was changed");
}

// What is to be made, and of what.
struct Order {
  const Session& masked;
  const Batches& batches;
  bool keeps_modules;
  Gather gather;
};

struct Built {
  Compacted result;
  bool splits_tensors = false;
};

// Nodes whose changes `find_conflicts` refuses are pinned, and all is done again without these
// changes, until no conflict is left.
template <class FindConflicts>
Shrunk shrink_without(const FindConflicts& find_conflicts, const Module& model,
                      const Order& order) {
  Pinned pinned;
  for (;;) {
    Shrunk shrunk =
        shrink(flatten(model, order.masked.method), order.batches, order.gather, pinned);
    const PinnedNodes found = find_conflicts(shrunk);
    if (found.empty()) return shrunk;
    pin(found, shrunk, pinned);
  }
}

// Shared code can have one form only.
Built build_modules(const Order& order, bool may_split) {
  NumberedModel numbered = number_nodes(order.masked.model);
  numbered.module.eval();
  const auto find_conflicts = [&](const Shrunk& shrunk) {
    PinnedNodes found = conflicts(numbered, shrunk.flat, shrunk.nodes, shrunk.changes);
    for (auto& [node, reason] : found) reason = "to keep the modules (--flat may not): " + reason;
    if (!may_split) found.merge(split_tensors(shrunk.flat, shrunk.changes));
    return found;
  };
  Shrunk shrunk = shrink_without(find_conflicts, numbered.module, order);
  const bool splits = !split_tensors(shrunk.flat, shrunk.changes).empty();
  if (shrunk.changes.empty()) {  // with types of their own, equal modules would repeat their code
    shrunk.result.module = clone_with_own_types(order.masked.model, {});
    shrunk.result.module.eval();
  } else {
    shrunk.result.module = change_modules(numbered, shrunk.flat, shrunk.changes);
  }
  return {std::move(shrunk.result), splits};
}

Built build_flat(const Order& order, bool may_split) {
  const auto find_conflicts = [&](const Shrunk& shrunk) {
    return may_split ? PinnedNodes() : split_tensors(shrunk.flat, shrunk.changes);
  };
  Shrunk shrunk = shrink_without(find_conflicts, order.masked.model, order);
  const bool splits = !split_tensors(shrunk.flat, shrunk.changes).empty();
  shrunk.result.module = flat_module(shrunk);
  return {std::move(shrunk.result), splits};
}

Built build(const Order& order, bool may_split) {
  Built built =
      order.keeps_modules ? build_modules(order, may_split) : build_flat(order, may_split);
  own_memory(built.result.module);
  return built;
}

// Two tensors of what was one can take more bytes than the channels that this removes: of both ways
// the one that takes fewer.
Compacted build(const Order& order) {
  Built built = build(order, /*may_split=*/true);
  if (built.splits_tensors) {
    Built whole = build(order, /*may_split=*/false);
    if (stored_bytes(whole.result.module) <= stored_bytes(built.result.module))
      built = std::move(whole);
  }
  count_costs(built.result, order.masked.method, order.batches);
  return std::move(built.result);
}

bool has_kept(const Compacted& compacted) {
  for (const auto& mask : compacted.masks)
    if (!mask.kept.empty()) return true;
  return false;
}

double cost(const Compacted& compacted) {
  return static_cast<double>(compacted.macs_after) +
         kMacsPerByte * static_cast<double>(compacted.gathered_bytes);
}

}  // namespace

Compacted compact(const Session& masked, const Batches& batches, const CompactOptions& options) {
  const auto with = [&](Gather gather) {
    return build({masked, batches, options.keep_modules, gather});
  };
  if (options.gather == "always") return with(Gather::Always);
  Compacted plain = with(Gather::Off);
  if (options.gather == "off" || !has_kept(plain)) return plain;
  Compacted gathered = with(Gather::Auto);
  return cost(gathered) < cost(plain) ? gathered : plain;
}

}  // namespace actsparse
