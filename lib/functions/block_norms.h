#pragma once
// Tensors in blocks, for the mask_fn "block". Blocks span the last dimensions, one size each; at
// the edges they may be partial.
#include <ATen/core/Tensor.h>

namespace actsparse {

/// The L2 norm of every block, float64; sizes: those of `tensor`, in the last dimensions divided by
/// the block's and rounded up. Throws Error(Function) if the tensor has fewer dimensions than
/// `block_shape`.
at::Tensor block_norms(const at::Tensor& tensor, at::IntArrayRef block_shape);

/// The other way: every block's value at each of its elements; `sizes` are those of the tensor.
at::Tensor unblock(const at::Tensor& blocks, at::IntArrayRef block_shape, at::IntArrayRef sizes);

}  // namespace actsparse
