#include "repair/least_squares.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>

namespace actsparse {
namespace {

constexpr double kFloor = 1e-12, kRaise = 100;

// The lower factor of covariance + shift on its diagonal.
at::Tensor factor(const at::Tensor& covariance, const at::Tensor& scale, double ridge) {
  for (double share = std::max(ridge, kFloor);; share *= kRaise) {
    at::Tensor shifted = covariance.clone();
    shifted.diagonal(0, 1, 2).add_(scale.unsqueeze(1) * share);
    auto [lower, failed] = at::linalg_cholesky_ex(shifted);
    if (!failed.any().item<bool>() || share > 1) return lower;
  }
}

double condition_of(const at::Tensor& lower) {
  const at::Tensor diagonal = lower.diagonal(0, 1, 2);
  return (diagonal.amax(1) / diagonal.amin(1)).square().max().item<double>();
}

at::Tensor bias_of(const at::Tensor& weight, const Covariance& moments) {
  return moments.y - weight.bmm(moments.x.unsqueeze(2)).squeeze(2);
}

}  // namespace

Fit fit(const Covariance& moments, const at::Tensor& before, double ridge) {
  if (std::isinf(ridge)) return {{before, bias_of(before, moments)}, ridge, 1};
  at::Tensor scale = moments.xx.diagonal(0, 1, 2).mean(1);
  scale = at::where(scale > 0, scale, scale.new_ones({}));  // a group that never varies
  const at::Tensor lower = factor(moments.xx, scale, ridge);
  const at::Tensor missing = moments.xy - moments.xx.bmm(before.transpose(1, 2));
  const at::Tensor weight = before + at::cholesky_solve(missing, lower).transpose(1, 2);
  return {{weight, bias_of(weight, moments)}, ridge, condition_of(lower)};
}

double relative_error(const AffineMap& map, const Covariance& moments) {
  const at::Tensor off = moments.y - map.bias - map.weight.bmm(moments.x.unsqueeze(2)).squeeze(2);
  const at::Tensor fitted = map.weight.bmm(moments.xx);
  const at::Tensor variance = moments.yy - 2 * (map.weight * moments.xy.transpose(1, 2)).sum(2) +
                              (fitted * map.weight).sum(2);
  const double error = (variance.clamp_min(0) + off.square()).sum().item<double>();
  const double energy = (moments.yy + moments.y.square()).sum().item<double>();
  if (error == 0) return 0;
  return std::sqrt(error / energy);
}

}  // namespace actsparse
