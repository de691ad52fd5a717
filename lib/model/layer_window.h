#pragma once
// What the one linear operator of a layer reads of the layer's input.
#include <torch/csrc/jit/api/module.h>

#include <optional>

#include "model/layer_uses.h"
#include "record/site.h"
#include "statistics/window.h"

namespace actsparse {

/// A Linear or convolution that alone reads what enters a layer, directly or through padding.
struct LayerWindow {
  Window window;      ///< with padding by zeros, wherever it is done
  at::Tensor weight;  ///< the parameter that the operator is given; shared with the model
  bool has_other_padding = false;  ///< than zeros, so that `window` does not tell all that is read
};

/// Of the layer at `site`, whose methods are read with their calls inlined, or of the operators
/// that use its weight, if all do alike (a matrix that is given transposed is turned to [outputs,
/// inputs]); nothing where the
/// input has no or another reader, the weight is computed, or the geometry is no constant. An
/// optional argument that nobody needs to give (output_size) counts as not given.
std::optional<LayerWindow> layer_window(const LayerUses& uses, const Site& site);

}  // namespace actsparse
