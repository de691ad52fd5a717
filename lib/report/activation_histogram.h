#pragma once
#include <optional>

#include "page/layer_figures.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

/// Of a layer whose aggregate_fn is `histogram` and has its data: what entered it, and how it is
/// cut by the gate of `masked`, the same layer after a step; null: not known. Nothing if there are
/// no such data, all numbers are 0, or any is not finite. Throws Error(State) if they are damaged.
std::optional<ActivationHistogram> activation_histogram(const LayerRecord& seen,
                                                        const LayerRecord* masked);

}  // namespace actsparse
