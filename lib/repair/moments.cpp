#include "repair/moments.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "statistics/products.h"

namespace actsparse {
Moments::Moments(int64_t groups, int64_t inputs, int64_t outputs, c10::Device device) {
  const auto options = at::TensorOptions().dtype(at::kDouble).device(device);
  xx = at::zeros({groups, inputs, inputs}, options);
  xy = at::zeros({groups, inputs, outputs}, options);
  x = at::zeros({groups, inputs}, options);
  y = at::zeros({groups, outputs}, options);
  yy = at::zeros({groups, outputs}, options);
}

void Moments::add(const at::Tensor& columns, const at::Tensor& wanted) {
  add_products(xx, columns);
  xy.baddbmm_(columns, wanted.transpose(1, 2));
  x.add_(columns.sum(2));
  y.add_(wanted.sum(2));
  yy.add_(wanted.square().sum(2));
  rows += columns.size(2);
}

Moments operator+(const Moments& a, const Moments& b) {
  Moments sum;
  sum.xx = a.xx + b.xx;
  sum.xy = a.xy + b.xy;
  sum.x = a.x + b.x;
  sum.y = a.y + b.y;
  sum.yy = a.yy + b.yy;
  sum.rows = a.rows + b.rows;
  return sum;
}

int64_t moment_bytes(int64_t groups, int64_t inputs, int64_t outputs) {
  return 8 * groups * (inputs * inputs + inputs * outputs + inputs + 2 * outputs);
}

Covariance::Covariance(const Moments& moments) {
  const auto rows = static_cast<double>(std::max<int64_t>(moments.rows, 1));
  x = moments.x / rows;
  y = moments.y / rows;
  xx = (moments.xx / rows).sub_(x.unsqueeze(2) * x.unsqueeze(1));
  xy = moments.xy / rows - x.unsqueeze(2) * y.unsqueeze(1);
  yy = moments.yy / rows - y.square();
}

}  // namespace actsparse
