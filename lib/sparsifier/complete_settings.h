#pragma once
// What a layer's functions have to be told of the layer itself, and whether it has it.
#include "functions/functions.h"
#include "model/layer_uses.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

/// Puts the geometry of what the layer reads into its settings where aggregate_fn is a gram over
/// patches or keeps "channels", and the norms of its weights beside its statistics where a dynamic
/// mask_fn asks for them, so that a state stands alone. Throws Error(Model) naming the layer if it
/// is no Linear or convolution with a constant geometry, or if a score needs weights by the channel
/// that it has not; Error(Config) if settings do not go together.
void complete_settings(LayerRecord& layer, const LayerUses& uses, const FunctionTable& functions);

/// Gives `settings`, of a config, the geometry that `kept`, of the same layer, has been given.
void take_geometry(MergedSettings& settings, const MergedSettings& kept);

}  // namespace actsparse
