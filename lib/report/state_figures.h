#pragma once
// What a page draws of states.
#include <vector>

#include "page/layer_figures.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

/// `seen`: layers with what a calibration has kept; `masked`: the same after a step. Either may be
/// empty; a layer that has neither mask nor histogram is left out. In the order of `masked`, else
/// of `seen`. Throws Error(State) if they are damaged.
std::vector<LayerFigures> layer_figures(const std::vector<LayerRecord>& seen,
                                        const std::vector<LayerRecord>& masked);

}  // namespace actsparse
