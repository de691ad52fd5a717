#pragma once
// A model's flat graph as text that is the same for all versions of LibTorch.
#include <torch/csrc/jit/api/module.h>

#include <string>

namespace actsparse {

/// A line per node: "%2 = relu(%1)"; tensors of the model by name and sizes: "w1[6, 3, 1, 1]".
std::string flat_text(const torch::jit::Module& module);

}  // namespace actsparse
