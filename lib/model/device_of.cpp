#include "model/device_of.h"

#include <torch/cuda.h>

namespace actsparse {

c10::Device device_of(const torch::jit::Module& module, c10::Device otherwise) {
  for (const auto& parameter : module.parameters()) return parameter.device();
  for (const auto& buffer : module.buffers()) return buffer.device();
  return otherwise;
}

void wait_for(const std::string& device) {
  const c10::Device where(device);
  if (where.is_cuda()) torch::cuda::synchronize(where.index());
}

}  // namespace actsparse
