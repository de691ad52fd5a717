#pragma once
// The proof that a masked model does what it says.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/apply_masks.h"

namespace actsparse {

struct Verification {
  int64_t layers = 0;  ///< masked layers checked
  int64_t calls = 0;   ///< calls of them that were compared
};

/// Runs `masked` (as loaded from its file) on one batch and checks for every call of every layer in
/// `sites` that all code of the layer reads aten::mul(input, mask buffer) and nothing reads the
/// input itself, that the buffer holds the site's mask, and that the product is input * mask bit
/// for bit; of a gate likewise that it alone reads the input, holds the site's threshold and
/// factors, and lets pass input * (|input| * factors > threshold). `masked` is left untouched;
/// layers the batch does not call are checked by structure only. Throws Error(Check) naming the
/// layer.
Verification verify_masks(const Session& masked, const std::vector<MaskSite>& sites,
                          const std::vector<c10::IValue>& batch);

}  // namespace actsparse
