#pragma once
// Which channels of which values belong together, need each other, or are constant: the rules
// (rule.h) carried through the graph, node by node.
#include "compact/visit.h"

namespace actsparse {

/// Operators without a rule, and those whose rule gives up, keep all that they read. What the
/// graph's outputs hold is kept. `model` is only read.
Findings analyse(const FlatModel& model, const Trace& trace);

}  // namespace actsparse
