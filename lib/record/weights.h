#pragma once
#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace actsparse {

/// The `weight` of layers, by FQN; layers without one are not in it.
using Weights = std::map<std::string, at::Tensor>;

}  // namespace actsparse
