#pragma once
// The size of a model.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>

namespace actsparse {

/// Elements of all parameters, those that several share (tied weights, views of one storage) once.
int64_t count_parameters(const torch::jit::Module& model);

/// Bytes of all tensors in its attributes and in the code of its methods as a file holds them: each
/// storage once and as a whole.
int64_t stored_bytes(const torch::jit::Module& model);

}  // namespace actsparse
