#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace actsparse {

/// The `weight` of layers, by FQN; layers without one are not in it. Each has the device and dtype
/// of the model's own and shares its memory (model/layer_weights.h): to be read, not written to.
using Weights = std::map<std::string, at::Tensor>;

}  // namespace actsparse
