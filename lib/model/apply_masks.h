#pragma once
// Rewrite 2: a clone of the model in which a layer sees input * mask.
#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

#include <optional>
#include <string>
#include <vector>

#include "model/layer_owner.h"
#include "model/session.h"
#include "record/gate.h"
#include "record/site.h"

namespace actsparse {

struct MaskSite {
  Site site;
  at::Tensor mask;  ///< dense, in the dtype of the layer's input; broadcasts to it without changing
                    ///< its shape
  std::optional<ThresholdGate> gate = {};  ///< in place of a mask, which is then undefined
};

/// Each layer gets one buffer `activation_mask` and, at the start of each of its call methods and
/// before each operator that is a functional use of it, one multiplication; nothing is written in
/// place, so a residual branch keeps its values. A gate is input * (|input| * activation_factors >
/// activation_threshold), without the factors where it has none. The buffer of a functional use of
/// a parameter is its module's: `in_proj_activation_mask`. On a layer that is masked already the
/// new buffer is `activation_mask_1` (_2, ...; masks and gates are counted together) and both hold.
/// The clone has plain operators only. `model` is left untouched; parameters are shared with it,
/// masks are copied to the device of their layer. Throws Error(Model) as insert_observers does.
torch::jit::Module apply_masks(const Session& session, const std::vector<MaskSite>& sites);

/// The buffer that the last apply_masks put into `layer`, of a gate its threshold; "" if there is
/// none.
std::string mask_buffer(const LayerOwner& layer);

}  // namespace actsparse
