#pragma once
// Removes the multiplications that are left of masks: a convolution or linear layer gives the same
// if the columns of its weight are multiplied instead of its input's channels.
#include "compact/analysis.h"
#include "compact/rewrite.h"
#include "compact/trace.h"

namespace actsparse {

/// Changes `model`'s graph by `rewrite`, where all readers of a product have a foldable weight
/// (folded_weight.h); a multiplication by ones alone is dropped whatever reads it. `trace` is of
/// the graph before any rewriting. Exact but for inf and NaN, and for the rounding of factors that
/// are neither 0 nor 1. Pinned nodes stay as they are.
void fold_masks(FlatModel& model, Rewrite& rewrite, const Trace& trace, const PinnedNodes& pinned);

}  // namespace actsparse
