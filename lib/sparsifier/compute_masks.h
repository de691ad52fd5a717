#pragma once
// step(): the masks of records, in place.
#include <vector>

#include "sparsifier/choose.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

/// The halves of records that choose() takes. Tensors are shared, not copied.
Statistics statistics_of(const std::vector<LayerRecord>& layers);
Policy policy_of(const std::vector<LayerRecord>& layers, const FunctionTable& functions,
                 int64_t batch_size);

/// Gives every layer the mask that choose() finds and drops its data, so that the next epoch starts
/// anew, as the reference's step does. All layers or none: an error leaves `layers` as they were.
/// Throws choose()'s errors.
std::vector<LayerWarning> compute_masks(std::vector<LayerRecord>& layers,
                                        const FunctionTable& functions, int64_t batch_size,
                                        const Weights* weights = nullptr);

}  // namespace actsparse
