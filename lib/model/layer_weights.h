#pragma once
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

#include "record/weights.h"

namespace actsparse {

/// The tensor attribute `weight` of each of `layers` (FQNs of `model`) that has one; shared with
/// the model, not copied.
Weights layer_weights(const torch::jit::Module& model, const std::vector<std::string>& layers);

}  // namespace actsparse
