#pragma once
// One layer: from the moments of what it reads and what it is to give, to its new weight and bias.
#include "config/repair_config.h"
#include "repair/layer_moments.h"
#include "repair/solved_layer.h"

namespace actsparse {

/// Fits what `config` asks for, and takes what has the least error on what was held out: the layer
/// as it was, the means, or a ridge; of a batch norm the statistics of what enters it now
/// (re-estimated as in EagleEye, arXiv 2007.02491), always if config.batch_norm says so. What is
/// taken is fitted again on all. Throws Error(Data) if the moments are not finite.
SolvedLayer solve_layer(const MaskedOperator& masked, const LayerMoments& moments,
                        const RepairConfig& config);

}  // namespace actsparse
