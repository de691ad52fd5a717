#pragma once
// Other sizes of a batch, to see what depends on the size.
#include <ATen/core/ivalue.h>

#include <vector>

namespace actsparse {

using Arguments = std::vector<c10::IValue>;

/// `count` samples of a batch: its first ones, again from the start if it has fewer. Empty if its
/// arguments have no number of samples in common.
Arguments with_samples(const Arguments& batch, int64_t count);

/// The upper left of images [N, C, H, W]: about three quarters of each side, in steps of 32 if that
/// is possible. Empty if no argument is such a tensor.
Arguments with_smaller_images(const Arguments& batch);

/// For analyses (compact/trace.h): two samples of a batch, three, and two of smaller images; the
/// batch itself where it has no samples.
std::vector<Arguments> sizes_to_try(const Arguments& batch);

}  // namespace actsparse
