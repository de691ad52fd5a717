#pragma once
// Ids that change along several axes: those of [heads, channels], or of an axis that holds samples
// and heads.
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "compact/ids.h"

namespace actsparse {

/// Whether each combination of what changes along the axes has an id of its own, as where a view
/// has parted an axis of channels. `ids` as channels.h has them.
bool is_grid(const at::Tensor& ids);

/// The smallest number of slices along `axis` that repeat to its end: its size if none do.
int64_t period(const at::Tensor& ids, int64_t axis);

/// [size of `axis`, all other elements once].
at::Tensor slices_along(const at::Tensor& ids, int64_t axis);

/// Ties the ids along `axis`; returns ids that do not change along it any more, in the same sizes.
at::Tensor tied_along(Ids& ids, const at::Tensor& tensor, int64_t axis);

/// Ties ids that change along several axes along all but one, the one with most to choose.
at::Tensor tied_to_one_axis(Ids& ids, const at::Tensor& tensor);

}  // namespace actsparse
