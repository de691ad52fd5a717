#pragma once
// The rows that statistics keep: float64 tensors of shape [rows, cells].
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace actsparse {

at::Tensor new_rows(int64_t rows, int64_t cells);  // zeros
double* row_of(const at::Tensor& rows, int64_t row);

/// Throws Error(State) unless `rows` is float64, contiguous, of shape [any, cells], and `fits`.
void check_rows(const at::Tensor& rows, int64_t cells, bool fits);

/// Throws Error(State) unless all of the row are whole numbers from 0 to 2^53.
void check_counts(const at::Tensor& rows, int64_t row);

}  // namespace actsparse
