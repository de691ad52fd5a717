#pragma once
// Which channels of which values belong together, need each other, or are constant: the rules
// (rule.h) carried through the graph, node by node.
#include <map>
#include <string>

#include "compact/visit.h"

namespace actsparse {

/// Nodes that are not to be changed, and why.
using PinnedNodes = std::map<const torch::jit::Node*, std::string>;

struct AnalysisOptions {
  Gather gather = Gather::Off;
  PinnedNodes pinned = {};
};

/// Operators without a rule, those whose rule gives up, and those that are pinned keep all that
/// they read. What the graph's outputs hold is kept. `model` is only read.
Findings analyse(const FlatModel& model, const Trace& trace, const AnalysisOptions& options = {});

}  // namespace actsparse
