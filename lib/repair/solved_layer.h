#pragma once
#include <ATen/core/Tensor.h>

#include "repair/repaired_layer.h"

namespace actsparse {

/// What repair found for one layer.
struct SolvedLayer {
  RepairedLayer report;
  /// In the shape and dtype of the layer's, of a batch norm its mean and variance; undefined: it
  /// stays as it was.
  at::Tensor weight, bias;
};

}  // namespace actsparse
