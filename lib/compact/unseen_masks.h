#pragma once
// Masks that the analysis did not come to: people are told of them too.
#include <vector>

#include "compact/analysis.h"
#include "compact/masked_channels.h"

namespace actsparse {

/// One entry per multiplication by a buffer `activation_mask` with zeros that `findings` has no
/// mask of: it stands in a loop or where the data do not go, or its node keeps all that it reads.
/// None of its channels is removed; `kept` says why.
std::vector<MaskedChannels> unseen_masks(const FlatModel& model, const Findings& findings,
                                         const Trace& trace);

}  // namespace actsparse
