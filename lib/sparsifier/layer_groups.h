#pragma once
// Which layers' masks are one decision.
#include <cstddef>
#include <vector>

#include "sparsifier/state_dict.h"

namespace actsparse {

/// Places in `layers`, each in one group: layers whose channels are ranked together in some set
/// (align_masks.h), directly or through others, so that they must be given one sparsity; a layer
/// that is not aligned stands alone. In the order of their first layers.
std::vector<std::vector<size_t>> layer_groups(const std::vector<LayerRecord>& layers);

}  // namespace actsparse
