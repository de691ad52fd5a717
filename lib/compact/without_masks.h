#pragma once
// The model that a masked one was made of, to compare speed with.
#include <torch/csrc/jit/api/module.h>

#include <string>

namespace actsparse {

/// One graph without the multiplications by the buffers `activation_mask`. `masked` is left
/// untouched. Throws Error(Model) as flatten() does.
torch::jit::Module without_masks(const torch::jit::Module& masked, const std::string& method);

}  // namespace actsparse
