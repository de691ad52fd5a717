#include "model/device_of.h"

namespace actsparse {

c10::Device device_of(const torch::jit::Module& module, c10::Device otherwise) {
  for (const auto& parameter : module.parameters()) return parameter.device();
  for (const auto& buffer : module.buffers()) return buffer.device();
  return otherwise;
}

}  // namespace actsparse
