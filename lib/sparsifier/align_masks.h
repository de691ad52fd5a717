#pragma once
// One decision for channels that can only be removed together: the masks of aligned layers.
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "config/config.h"
#include "functions/functions.h"
#include "record/layer_channels.h"

namespace actsparse {

/// A layer that is aligned with others, and what is known of its channels.
struct AlignedLayer {
  std::string name;
  const LayerChannels* channels = nullptr;
  at::Tensor scores;  ///< float64 [channels], not negative
  MergedSettings settings;
  MaskFn mask;
  Scale scale = Scale::Mean;  ///< of its reduce_fn's scores
};

/// A mask per layer, float64 [channels] on the CPU, contiguous. In each set of channels that are
/// ranked together a class has the score mean (or max, or sum) over the layers that read it of (its
/// score there / that layer's mean score), and the mask function chooses among these. At least one
/// class stays; then as many more of the best ones as min_channels and round_to ask for. Scores
/// that add up (see Scale) are brought to their own scale instead, and summed where a layer has
/// several channels in one class. Throws Error(Config) if layers of one set have other mask
/// functions or parameters, or scores of another kind.
std::vector<at::Tensor> align_masks(const std::vector<AlignedLayer>& layers);

/// Throws Error(Config) if the mask function does not rank, so that aligning it means nothing.
void check_alignable(const MergedSettings& settings);

}  // namespace actsparse
