#pragma once
// The rows that a histogram statistic keeps: exponent, NaN and infinities, then the bins.
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "statistics/histogram.h"

namespace actsparse {

constexpr int64_t kFirstBin = 2;

/// Throws Error(State) unless these can be the rows of that many cells.
void check_histograms(const at::Tensor& rows, int64_t cells);

/// One cell of checked rows. Throws Error(State) if its range is damaged.
Histogram kept_histogram(const at::Tensor& rows, int64_t cell);

}  // namespace actsparse
