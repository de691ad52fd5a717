#pragma once
// `apply --fold`: masks as part of the layers' weights, for those who want neither another
// architecture nor a multiplication at run time.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <utility>
#include <vector>

#include "model/apply_masks.h"

namespace actsparse {

/// What became of the sites of mask_weights().
struct MaskedWeights {
  torch::jit::Module module;
  std::vector<std::string> folded;                           ///< layers whose weight holds the mask
  std::vector<MaskSite> left;                                ///< apply_masks() is for these
  std::vector<std::pair<std::string, std::string>> reasons;  ///< of each of them: layer, why
};

/// A clone in which the weight of each layer holds its mask, where the layer is one convolution or
/// linear operator that alone reads the masked input and its own parameter `weight`, and the mask
/// has one number per channel (no gate that looks at its input). Same layers, shapes and state_dict
/// keys; exact but for inf and NaN. The model of `session` is left untouched. Throws Error(Model)
/// as apply_masks does.
MaskedWeights mask_weights(const Session& session, const std::vector<MaskSite>& sites);

}  // namespace actsparse
