#pragma once
// step(): mask = mask_fn(reduce_fn(data)) for every layer, without the model.
#include <string>
#include <vector>

#include "sparsifier/state_dict.h"

namespace actsparse {

/// Something the user should know about one layer; the run goes on.
struct LayerWarning {
  std::string layer;
  std::string text;
};

/// Computes the mask of every layer from its data (per feature where features are set), converts it
/// to the input's dtype, and drops the data, so that the next epoch starts anew. All layers or
/// none: an error leaves `layers` as they were. Throws Error(State) naming the layers that have no
/// data (never called, or stepped already), Error(Function) if a function fails, a mask holds NaN,
/// does not broadcast to the layer's input without changing its shape, or keeps a first dimension
/// that is a multiple of `batch_size`, the samples of a calibration batch: the masked model would
/// take no other batch. Where that size is unknown (0) or 1, it is a warning.
std::vector<LayerWarning> compute_masks(std::vector<LayerRecord>& layers,
                                        const FunctionTable& functions, int64_t batch_size);

/// "[16, 1, 28, 28]"
std::string shape_text(const std::vector<int64_t>& shape);

}  // namespace actsparse
