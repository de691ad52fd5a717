#pragma once
// What remains of a layer made to give what the whole layer gave: affine least squares with a
// ridge. He et al. 2017 (arXiv 1707.06168); with an intercept and towards the weights there were.
#include <ATen/core/Tensor.h>

#include <limits>
#include <vector>

#include "repair/moments.h"

namespace actsparse {

/// y = weight x + bias for each group; float64.
struct AffineMap {
  at::Tensor weight;  ///< [groups, outputs, inputs]
  at::Tensor bias;    ///< [groups, outputs]
};

/// The ridge of a map that keeps its weights: only the bias is fitted, so that means agree (FLAP,
/// arXiv 2312.11983).
constexpr double kOnlyMeans = std::numeric_limits<double>::infinity();

/// A fitted map, and how well its equations could be solved.
struct Fit {
  AffineMap map;
  double ridge = 0;
  /// Of the covariance with the ridge, estimated from its Cholesky factor: never more than the true
  /// one. The largest of all groups; 1 where nothing was solved.
  double condition = 1;
};

/// Least squares of `moments` with the penalty ridge * mean(diagonal of the covariance) *
/// |weight - before|^2. Without any (0) a floor of 1e-12 stands for it, as it does for inputs that
/// never vary; a floor that is too low for Cholesky's method is raised.
Fit fit(const Covariance& moments, const at::Tensor& before, double ridge);

/// |y - map(x)| / |y| over all rows and outputs; 0 where both are 0.
double relative_error(const AffineMap& map, const Covariance& moments);

}  // namespace actsparse
