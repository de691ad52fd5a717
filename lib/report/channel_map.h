#pragma once
#include <optional>

#include "page/layer_figures.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

/// What of each channel a layer's mask keeps; nothing before a step, and of a gate that looks at
/// its input. Throws what mask_site() does.
std::optional<ChannelMap> channel_map(const LayerRecord& layer);

}  // namespace actsparse
