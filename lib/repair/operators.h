#pragma once
// Which operators of a flat graph read what masks let through, or what has become of it, and what
// can be done about their weights.
#include <torch/csrc/jit/ir/ir.h>

#include <optional>
#include <string>
#include <vector>

#include "compact/flat_model.h"
#include "repair/repaired_layer.h"
#include "statistics/window.h"

namespace actsparse {

/// One operator that reads a masked value, or one that masks have changed.
struct MaskedOperator {
  std::string layer;  ///< whose mask it is; without a mask the weight's owner
  torch::jit::Node* node = nullptr;
  Window window;
  size_t input = 0, weight_at = 1, bias_at = 2;  ///< places among the node's inputs
  at::Tensor weight, bias;                       ///< as they are; bias undefined: none
  at::Tensor mask;  ///< as it multiplies the layer's input; undefined: none does

  int64_t outputs() const {
    return window.transposed ? weight.size(1) * window.groups : weight.size(0);
  }
};

struct MaskedOperators {
  std::vector<MaskedOperator> operators;  ///< in the order in which they run
  std::vector<LeftLayer> left;
};

/// All that read a product with a mask buffer, directly or through padding; with `downstream` also
/// those that compute with what came of it.
MaskedOperators masked_operators(const FlatModel& model, bool downstream);

/// The input channels that the mask drops whole, as int64 indices of those that are kept; undefined
/// if the mask is none of channels. `input`: what enters the operator.
at::Tensor kept_channels(const MaskedOperator& masked, const at::Tensor& input);

}  // namespace actsparse
