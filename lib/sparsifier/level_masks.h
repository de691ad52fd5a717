#pragma once
// The masks that layers would have at other sparsity levels.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "functions/functions.h"
#include "record/weights.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

/// Why a layer has no sparsity that could be another one; nothing if it has: a mask_fn with the
/// parameter `sparsity_level`.
std::optional<std::string> why_no_level(const LayerRecord& layer, const FunctionTable& functions);

/// Of each level the masks of `layers`, by FQN, as they multiply the layers' inputs; all with that
/// sparsity_level. Each has aggregated data, and a level. Throws choose()'s errors.
std::vector<std::map<std::string, at::Tensor>> masks_at(const std::vector<LayerRecord>& layers,
                                                        const std::vector<double>& levels,
                                                        const FunctionTable& functions,
                                                        int64_t batch_size, const Weights* weights);

}  // namespace actsparse
