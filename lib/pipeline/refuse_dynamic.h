#pragma once
#include <string>

#include "config/config.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

/// Throws Error(Config) if mask_fn of a layer is dynamic (functions/dynamic_masks.h): `what`,
/// "repair", is for masks that are the same for every input.
void refuse_dynamic(const Config& config, const std::string& what);
void refuse_dynamic(const StateDict& state, const std::string& what);

}  // namespace actsparse
