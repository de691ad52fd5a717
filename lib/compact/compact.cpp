#include "compact/compact.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "base/error.h"
#include "compact/analysis.h"
#include "compact/branches.h"
#include "compact/changed_modules.h"
#include "compact/conflicts.h"
#include "compact/explain.h"
#include "compact/fold_masks.h"
#include "compact/in_place.h"
#include "compact/macs.h"
#include "compact/named_module.h"
#include "compact/nodes.h"

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
  shrunk.nodes.assign(flat.graph->nodes().begin(), flat.graph->nodes().end());
  AnalysisOptions options{{gather, false}, {}};
  for (const auto& [place, reason] : pinned) options.pinned[shrunk.nodes.at(place)] = reason;
  const Findings findings = analyse(flat, values, options);
  const Solution solution = solve(findings.ids, findings.constraints);
  shrunk.result.masks = explain(flat, findings, solution);
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
      pinned.emplace(place, "to keep the modules (--flat does not): " + conflict->second);
  if (pinned.size() == before)
    throw Error(ErrorKind::Internal, "what is pinned was changed; --flat does without");
}

// Shared code can have one form only. Nodes whose changes it cannot express are pinned, and all is
// done again without these changes, until no conflict is left.
Compacted keep_modules(const Session& masked, const Batches& batches, Gather gather) {
  NumberedModel numbered = number_nodes(masked.model);
  numbered.module.eval();
  Pinned pinned;
  for (;;) {
    Shrunk shrunk = shrink(flatten(numbered.module, masked.method), batches, gather, pinned);
    const auto found = conflicts(numbered, shrunk.flat, shrunk.nodes, shrunk.changes);
    if (!found.empty()) {
      pin(found, shrunk, pinned);
      continue;
    }
    shrunk.result.module = change_modules(numbered, shrunk.flat, shrunk.changes);
    return std::move(shrunk.result);
  }
}

Compacted build(const Session& masked, const Batches& batches, bool keeps_modules, Gather gather) {
  Compacted result;
  if (keeps_modules) {
    result = keep_modules(masked, batches, gather);
  } else {
    Shrunk shrunk = shrink(flatten(masked.model, masked.method), batches, gather, {});
    shrunk.result.module = flat_module(shrunk);
    result = std::move(shrunk.result);
  }
  count_costs(result, masked.method, batches);
  return result;
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
    return build(masked, batches, options.keep_modules, gather);
  };
  if (options.gather == "always") return with(Gather::Always);
  Compacted plain = with(Gather::Off);
  if (options.gather == "off" || !has_kept(plain)) return plain;
  Compacted gathered = with(Gather::Auto);
  return cost(gathered) < cost(plain) ? gathered : plain;
}

}  // namespace actsparse
