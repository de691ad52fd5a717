#pragma once
// Walks through the graph and asks each node's rule (rule.h) which channels of its values belong
// together, which need others, and which have a constant value.
#include <map>
#include <string>

#include "compact/visit.h"

namespace actsparse {

/// Nodes that are not to be changed, and why.
using PinnedNodes = std::map<const torch::jit::Node*, std::string>;

struct AnalysisOptions {
  Assumptions assumptions = {};
  PinnedNodes pinned = {};
};

/// Where a node has no rule, its rule gives up, or it is pinned, all channels that it reads are
/// needed; so are those of the graph's outputs. `model` is only read.
Findings analyse(const FlatModel& model, const Trace& trace, const AnalysisOptions& options = {});

}  // namespace actsparse
