#pragma once
// The size of a model.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>

namespace actsparse {

/// Elements of all parameters.
int64_t count_parameters(const torch::jit::Module& model);

}  // namespace actsparse
