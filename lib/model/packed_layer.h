#pragma once
// Convolutions and linear layers with constant weights, laid out once for oneDNN and channels-last
// activations. An operator of fast clones only; no saved model contains it.
#include <torch/csrc/jit/ir/ir.h>

#include <memory>

namespace actsparse {

/// Replaces aten::conv2d, two-dimensional aten::_convolution and aten::linear with constant float32
/// weights on the CPU, each with a relu that alone reads it, in the whole of `graph`. Inputs of any
/// dtype and rank that the original takes are still taken. Results equal up to rounding. Does
/// nothing where LibTorch has no oneDNN.
void pack_layers(const std::shared_ptr<torch::jit::Graph>& graph);

}  // namespace actsparse
