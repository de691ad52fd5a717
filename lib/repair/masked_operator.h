#pragma once
// An operator whose parameters can be solved for.
#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

#include <string>
#include <vector>

#include "statistics/window.h"

namespace actsparse {

/// Where a parameter is handed over: an input of the node, or elements of the list that it is, each
/// with an equal share of the rows.
struct ParameterPlace {
  size_t input = 0;
  std::vector<size_t> elements = {};
};

/// What makes a batch norm's scale and shift of its statistics.
struct BatchNorm {
  at::Tensor gamma, beta;  ///< float64 [channels]
  double epsilon = 0;
};

/// One operator that reads a masked value, or one that masks have changed.
struct MaskedOperator {
  enum class Kind {
    Linear,     ///< Linear or a convolution
    Recurrent,  ///< the input weights of LSTM, GRU or RNN: its first layer's, all directions' rows
    BatchNorm,  ///< in eval mode, as a map of each channel
  };
  std::string layer;  ///< whose mask it is; without a mask the weight's owner
  torch::jit::Node* node = nullptr;
  Kind kind = Kind::Linear;
  Window window;
  size_t input = 0;  ///< its place among the node's inputs
  /// Where the weight and the bias are handed over; of a batch norm the mean and the variance.
  ParameterPlace weight_at{1}, bias_at{2};
  at::Tensor weight, bias;          ///< as they are; bias undefined: none
  at::Tensor mask;                  ///< as it multiplies the layer's input; undefined: none does
  std::vector<at::Tensor> sources;  ///< the model's tensors that change with it
  BatchNorm norm = {};              ///< of a batch norm

  int64_t outputs() const {
    return window.transposed ? weight.size(1) * window.groups : weight.size(0);
  }
};

}  // namespace actsparse
