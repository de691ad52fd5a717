#include "compact/grids.h"

#include <ATen/ops/unique_dim.h>

#include <algorithm>

#include "compact/channels.h"

namespace actsparse {
namespace {

// How many of the slices along an axis differ.
int64_t distinct_slices(const at::Tensor& ids, int64_t axis) {
  const auto rows = rows_along(ids, axis);
  return std::get<0>(at::unique_dim(rows, 0)).size(0);
}

bool repeats(const at::Tensor& rows, int64_t count) {
  return rows.narrow(0, count, rows.size(0) - count).equal(rows.narrow(0, 0, rows.size(0) - count));
}

}  // namespace

bool is_grid(const at::Tensor& ids) {
  const auto values = unexpanded(ids);
  const auto axes = changing_axes(ids);
  if (axes.size() < 2 || values.eq(Ids::needed).any().item<bool>()) return false;
  int64_t combinations = 1;
  for (const int64_t axis : axes) combinations *= distinct_slices(values, axis);
  return static_cast<int64_t>(distinct(values).size()) == combinations;
}

int64_t period(const at::Tensor& ids, int64_t axis) {
  const auto rows = slices_along(ids, axis);
  const int64_t size = rows.size(0);
  for (int64_t count = 1; count <= size / 2; ++count)
    if (size % count == 0 && repeats(rows, count)) return count;
  return size;
}

at::Tensor slices_along(const at::Tensor& ids, int64_t axis) {
  const auto rows = rows_along(unexpanded(ids), axis);
  return rows.expand({ids.size(axis), rows.size(1)});
}

at::Tensor tied_along(Ids& ids, const at::Tensor& tensor, int64_t axis) {
  if (tensor.size(axis) < 2) return tensor;
  const at::Tensor rows = unexpanded(tensor), first = rows.narrow(axis, 0, 1);
  ids.tie(rows, first.expand_as(rows));
  return first.expand(tensor.sizes());
}

at::Tensor tied_to_one_axis(Ids& ids, const at::Tensor& tensor) {
  const auto axes = changing_axes(tensor);
  if (axes.size() < 2) return tensor;
  const at::Tensor values = unexpanded(tensor);
  const int64_t kept = *std::max_element(axes.begin(), axes.end(), [&](int64_t a, int64_t b) {
    return distinct_slices(values, a) < distinct_slices(values, b);
  });
  at::Tensor tied = tensor;
  for (const int64_t axis : axes)
    if (axis != kept) tied = tied_along(ids, tied, axis);
  return tied;
}

}  // namespace actsparse
