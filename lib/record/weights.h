#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

namespace actsparse {

/// What a layer multiplies its input with.
struct LayerWeight {
  /// Its `weight`, or of a recurrent layer that of its first layer's input (of both directions, one
  /// above the other). It has the device and dtype of the model's own, and mostly shares its
  /// memory (model/layer_weights.h): to be read, not written to.
  at::Tensor weight;
  /// Of a Linear, convolution or recurrent layer the same by what it reads: [groups, outputs,
  /// inputs, taps] as in statistics/window.h. Undefined of all others.
  at::Tensor by_input = {};
  int64_t channel_dim = -1;  ///< of the layer's input, counted from the last
};

/// By FQN; layers without a weight are not in it.
using Weights = std::map<std::string, LayerWeight>;

}  // namespace actsparse
