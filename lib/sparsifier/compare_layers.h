#pragma once
// What the fast clone of a model makes of the statistics.
#include <deque>
#include <string>

#include "sparsifier/registered_layer.h"

namespace actsparse {

struct LayersDifference {
  double largest =
      0;  ///< max |a - b| / max |b| of a layer's aggregate; infinite if it cannot be told
  std::string layer;    ///< where it is; empty without layers
  std::string miscall;  ///< a layer whose numbers of calls differ, in words; empty if there is none
};

/// Compares the aggregates of two calibrations of the same layers. Equal infinities and NaN in the
/// same places are no difference.
LayersDifference compare_layers(const std::deque<RegisteredLayer>& layers,
                                const std::deque<RegisteredLayer>& expected);

}  // namespace actsparse
