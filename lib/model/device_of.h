#pragma once
#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

namespace actsparse {

/// Where a module's first parameter is, else its first buffer, else `otherwise`.
c10::Device device_of(const torch::jit::Module& module, c10::Device otherwise = c10::kCPU);

}  // namespace actsparse
