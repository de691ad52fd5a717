#pragma once
// First and second moments of what a layer reads and of what it is to give.
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace actsparse {

/// Sums over rows, float64, of each group: all that an affine least squares needs. Not thread safe.
struct Moments {
  Moments() = default;
  Moments(int64_t groups, int64_t inputs, int64_t outputs, c10::Device device);

  /// Takes in columns [groups, inputs, rows] and wanted outputs [groups, outputs, rows], float64.
  void add(const at::Tensor& columns, const at::Tensor& wanted);

  at::Tensor xx;  ///< [groups, inputs, inputs]
  at::Tensor xy;  ///< [groups, inputs, outputs]
  at::Tensor x;   ///< [groups, inputs]
  at::Tensor y;   ///< [groups, outputs]
  at::Tensor yy;  ///< [groups, outputs]: of squares
  int64_t rows = 0;
};

/// Of the rows of both.
Moments operator+(const Moments& a, const Moments& b);

/// The bytes of one.
int64_t moment_bytes(int64_t groups, int64_t inputs, int64_t outputs);

/// Moments about the means, per row.
struct Covariance {
  explicit Covariance(const Moments& moments);

  at::Tensor xx, xy, x, y, yy;  ///< as in Moments; xx whole, x and y the means
};

}  // namespace actsparse
