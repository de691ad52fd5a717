#pragma once
#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include <string>

namespace actsparse {

/// Where a module's first parameter is, else its first buffer, else `otherwise`.
c10::Device device_of(const torch::jit::Module& module, c10::Device otherwise = c10::kCPU);

/// Returns when `device` ("cuda:1") has done what it was given; the CPU always has. For clocks.
void wait_for(const std::string& device);

}  // namespace actsparse
