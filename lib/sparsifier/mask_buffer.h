#pragma once
// From a layer's record to what its input is multiplied by.
#include <optional>

#include "model/apply_masks.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

/// The dense mask as a buffer: without features the mask itself; with features, ones of the
/// smallest shape that broadcasts, with each feature's mask in its place along feature_dim. Without
/// a mask (not stepped) a single one: it masks nothing at any batch size. A gate that looks at its
/// input is itself. Nothing for features = []. Throws Error(Function) if feature masks vary along
/// feature_dim or do not fit each other.
std::optional<MaskSite> mask_site(const LayerRecord& layer);

}  // namespace actsparse
