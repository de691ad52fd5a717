#pragma once
// More data out of few: images mirrored and moved, at random.
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <vector>

#include "config/repair_config.h"

namespace actsparse {

/// Mirrors (each sample or not, with equal chances) and moves (by whole pixels, each way up to
/// `shift`, zeros coming in) what are images among `arguments`: floating tensors [samples,
/// channels, height, width], replaced by copies. Those of one sample go the same way. The same
/// `seed` gives the same. Throws Error(Config) if none is one.
void augment(std::vector<c10::IValue>& arguments, const AugmentConfig& how, uint64_t seed);

}  // namespace actsparse
