#pragma once
// What the fast clone of a model makes of the statistics.
#include <deque>

#include "sparsifier/registered_layer.h"

namespace actsparse {

/// Compares the aggregates of two calibrations of the same layers: the largest max |a - b| / max
/// |b| of a layer (infinite if it cannot be told; equal infinities and NaN in the same places are
/// no difference) and its name, empty without layers. Without a difference, but with a reason, if a
/// layer was not called equally often.
FastTrial compare_layers(const std::deque<RegisteredLayer>& layers,
                         const std::deque<RegisteredLayer>& expected);

}  // namespace actsparse
