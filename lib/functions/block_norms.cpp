#include "functions/block_norms.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/sqrt.h>
#include <spdlog/fmt/fmt.h>

#include <vector>

#include "functions/tensors.h"

namespace actsparse {
namespace {

void check_dims(const at::Tensor& tensor, at::IntArrayRef block_shape) {
  if (tensor.dim() < static_cast<int64_t>(block_shape.size()))
    throw Error(ErrorKind::Function,
                fmt::format("block_shape {} has more dimensions than a tensor of shape {}",
                            shape_text(block_shape), shape_text(tensor.sizes())));
}

// Sums runs of `size` along `dim`; the last run may be shorter.
at::Tensor summed(const at::Tensor& tensor, int64_t dim, int64_t size) {
  const int64_t missing = (size - tensor.size(dim) % size) % size;
  const at::Tensor last = at::constant_pad_nd(tensor.movedim(dim, -1), {0, missing});
  return last.unflatten(-1, {last.size(-1) / size, size}).sum(-1).movedim(-1, dim);
}

}  // namespace

at::Tensor block_norms(const at::Tensor& tensor, at::IntArrayRef block_shape) {
  check_dims(tensor, block_shape);
  at::Tensor sums = tensor.to(at::kDouble).square();
  const auto first = tensor.dim() - static_cast<int64_t>(block_shape.size());
  for (size_t i = 0; i < block_shape.size(); ++i)
    sums = summed(sums, first + static_cast<int64_t>(i), block_shape[i]);
  return at::sqrt(sums);
}

at::Tensor unblock(const at::Tensor& blocks, at::IntArrayRef block_shape, at::IntArrayRef sizes) {
  at::Tensor whole = blocks;
  const size_t first = sizes.size() - block_shape.size();
  for (size_t i = 0; i < block_shape.size(); ++i) {
    const auto dim = static_cast<int64_t>(first + i);
    whole = whole.repeat_interleave(block_shape[i], dim).narrow(dim, 0, sizes[first + i]);
  }
  return whole.contiguous();
}

}  // namespace actsparse
