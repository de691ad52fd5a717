#include "functions/removal_order.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cholesky_inverse.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_inv.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace actsparse {
namespace {

using at::Tensor;

// Of `matrix` + ridge * the mean of its diagonal (1 where that is 0: all inputs are constant).
Tensor inverse_of(const Tensor& matrix, double ridge) {
  const double mean = matrix.diagonal().mean().item<double>(), scale = mean > 0 ? mean : 1;
  for (double share = ridge;; share *= 10) {
    Tensor shifted = matrix.clone();
    shifted.diagonal().add_(scale * share);
    const auto [lower, failed] = at::linalg_cholesky_ex(shifted);
    if (failed.item<int>() == 0 || share > 1) return at::cholesky_inverse(lower);
  }
}

// What is left of the map. Blocks that are alive stand in front: the last one takes the place of
// one that goes, so that what is updated shrinks.
class Surgeon {
 public:
  Surgeon(Tensor inverse, Tensor weight, int64_t size)
      : inverse_(std::move(inverse)), weight_(std::move(weight)), size_(size) {
    blocks_.resize(static_cast<size_t>(inverse_.size(0) / size));
    std::iota(blocks_.begin(), blocks_.end(), int64_t{0});
  }

  bool is_done() const { return blocks_.empty(); }

  // Drops the block that costs least: its number and its cost.
  std::pair<int64_t, double> drop() {
    const auto count = static_cast<int64_t>(blocks_.size()), step = inverse_.size(0);
    const Tensor own = inverse_.as_strided({count, size_, size_}, {size_ * (step + 1), step, 1});
    const Tensor precision = at::linalg_inv(own);
    const Tensor rows = weight_.narrow(0, 0, count * size_).view({count, size_, -1});
    const Tensor errors = (rows.bmm(rows.transpose(1, 2)) * precision).sum({1, 2});
    const int64_t place = errors.argmin().item<int64_t>();
    const std::pair<int64_t, double> dropped = {blocks_[place], errors[place].item<double>()};
    remove(place, precision[place]);
    return dropped;
  }

 private:
  void remove(int64_t place, const Tensor& precision) {
    const int64_t first = place * size_, left = (blocks_.size() - 1) * size_;
    const Tensor row = weight_.narrow(0, first, size_).clone();
    Tensor column = inverse_.narrow(0, 0, left + size_).narrow(1, first, size_).clone();
    fill_gap(column, 0, first, left);
    fill_gap(weight_, 0, first, left);
    fill_gap(inverse_, 0, first, left);
    fill_gap(inverse_, 1, first, left);
    blocks_[place] = blocks_.back();
    blocks_.pop_back();
    column = column.narrow(0, 0, left);
    const Tensor gain = column.mm(precision);
    weight_.narrow(0, 0, left).addmm_(gain, row, 1, -1);
    inverse_.narrow(0, 0, left).narrow(1, 0, left).addmm_(gain, column.t(), 1, -1);
  }

  void fill_gap(const Tensor& of, int64_t dim, int64_t first, int64_t last) const {
    if (first != last) of.narrow(dim, first, size_).copy_(of.narrow(dim, last, size_));
  }

  Tensor inverse_;  // [n, n]
  Tensor weight_;   // [n, outputs]
  int64_t size_;
  std::vector<int64_t> blocks_;  // those alive, by their places
};

}  // namespace

RemovalOrder removal_order(const Tensor& second_moments, const Tensor& weight, int64_t size,
                           double ridge) {
  Surgeon surgeon(inverse_of(second_moments, ridge).contiguous(),
                  weight.t().clone(at::MemoryFormat::Contiguous), size);
  RemovalOrder order;
  while (!surgeon.is_done()) {
    const auto [block, error] = surgeon.drop();
    order.blocks.push_back(block);
    order.errors.push_back(std::max(error, 0.0));
  }
  return order;
}

}  // namespace actsparse
