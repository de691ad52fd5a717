#pragma once
// Second moments: a matrix times its own transpose, in about half of the time of any product.
#include <ATen/core/Tensor.h>

namespace actsparse {

/// Adds columns * columns^T to `sums`: [groups, n, rows] and [groups, n, n], of one floating dtype;
/// `sums` are such sums, or zeros.
void add_products(const at::Tensor& sums, const at::Tensor& columns);

}  // namespace actsparse
