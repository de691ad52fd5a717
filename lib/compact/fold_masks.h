#pragma once
// Multiplications by a constant per channel that only convolutions and linear layers read: they go
// into the columns of the weights.
#include "compact/analysis.h"
#include "compact/rewrite.h"
#include "compact/trace.h"

namespace actsparse {

/// Changes `model`'s graph; `trace` is of the graph before any rewriting. A multiplication by ones
/// alone is dropped whatever reads it. Exact but for inf and NaN, and for the rounding of factors
/// that are neither 0 nor 1. Nothing is changed at a pinned node.
void fold_masks(FlatModel& model, Rewrite& rewrite, const Trace& trace, const PinnedNodes& pinned);

}  // namespace actsparse
