#pragma once
#include <ATen/core/Tensor.h>

#include <string>

namespace actsparse {

/// Where a constant tensor of a flat graph comes from.
struct TensorName {
  std::string path;  ///< FQN in the state_dict: "layer1.0.conv1.weight"
  bool is_parameter = false;
};

/// A tensor of the model, or what takes its place.
struct ModelTensor {
  TensorName name;
  at::Tensor tensor;
};

}  // namespace actsparse
