#include "statistics/tiles.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <utility>

namespace actsparse {
namespace {

constexpr int64_t kWidestByColumns = 256;
constexpr int64_t kMostRowsByColumns = 256;  // the more are added up, the sooner a sum rounds

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

void convert(const c10::Half* from, float* to, int64_t count) {
  best_kernels().half_to_float(reinterpret_cast<const uint16_t*>(from), to, count);
}
void convert(const c10::BFloat16* from, float* to, int64_t count) {
  best_kernels().bfloat16_to_float(reinterpret_cast<const uint16_t*>(from), to, count);
}
template <class Element, class T>
void convert(const Element* from, T* to, int64_t count) {
  std::transform(from, from + count, to, [](Element x) { return static_cast<T>(x); });
}

}  // namespace

std::vector<int64_t> kept_shape(at::IntArrayRef sizes, const std::vector<bool>& reduced) {
  std::vector<int64_t> shape = sizes.vec();
  for (size_t dim = 0; dim < shape.size(); ++dim)
    if (reduced[dim]) shape[dim] = 1;
  return shape;
}

// The dimensions from the largest stride to the smallest, those that lie like one taken as one.
std::vector<Tiles::Axis> Tiles::axes_of(const at::Tensor& tensor,
                                        const std::vector<bool>& reduced) {
  std::vector<Axis> axes;
  int64_t step = 1;
  for (int64_t dim = tensor.dim() - 1; dim >= 0; --dim) {
    const bool is_reduced = reduced[static_cast<size_t>(dim)];
    if (tensor.size(dim) > 1)
      axes.push_back({tensor.size(dim), tensor.stride(dim), is_reduced ? 0 : step, is_reduced});
    if (!is_reduced) step *= tensor.size(dim);
  }
  std::reverse(axes.begin(), axes.end());
  std::stable_sort(axes.begin(), axes.end(),
                   [](const Axis& a, const Axis& b) { return a.stride > b.stride; });
  std::vector<Axis> joined;
  for (const Axis& axis : axes) {
    const bool joins = !joined.empty() && joined.back().reduced == axis.reduced &&
                       joined.back().stride == axis.size * axis.stride &&
                       joined.back().step == axis.size * axis.step;
    if (joins)
      joined.back() = {joined.back().size * axis.size, axis.stride, axis.step, axis.reduced};
    else
      joined.push_back(axis);
  }
  return joined;
}

// The axis of adjacent elements; false if there is none that a tile can have as its columns.
bool Tiles::take_inner(std::vector<Axis>& axes) {
  if (axes.empty()) return true;
  if (axes.back().stride != 1 || axes.back().step > 1) return false;
  inner_ = axes.back();
  axes.pop_back();
  return true;
}

// By columns, rows must be reduced: the reduced axis that lies closest, if there is one.
void Tiles::take_rows(std::vector<Axis>& axes) {
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    if (!inner_.reduced && !axis->reduced) continue;
    rows_ = *axis;
    axes.erase(std::next(axis).base());
    return;
  }
}

Tiles::Tiles(const at::Tensor& tensor, const std::vector<bool>& reduced) : tensor_(tensor) {
  auto axes = axes_of(tensor_, reduced);
  if (!take_inner(axes)) {
    tensor_ = tensor.contiguous();
    axes = axes_of(tensor_, reduced);
    take_inner(axes);
  }
  take_rows(axes);
  outer_ = std::move(axes);
  if (inner_.reduced) {
    tile_columns_ = std::min(inner_.size, kLongestTile);
    tile_rows_ = std::min(rows_.size, std::max<int64_t>(1, kLongestTile / tile_columns_));
  } else {
    tile_columns_ = std::min(inner_.size, kWidestByColumns);
    tile_rows_ = std::min(
        {rows_.size, kMostRowsByColumns, std::max<int64_t>(1, kLargestTile / tile_columns_)});
  }
  for (const Axis& axis : outer_) outer_count_ *= axis.size;
  row_tiles_ = ceil_div(rows_.size, tile_rows_);
  column_tiles_ = ceil_div(inner_.size, tile_columns_);
  if (tensor.numel() == 0) outer_count_ = 0;
}

// Tiles of T, out of a tensor of Elements.
template <class Element, class T>
void Tiles::give_as(int64_t begin, int64_t end, TileTaker& taker) const {
  const auto* data = tensor_.data_ptr<Element>();
  std::vector<T> converted;
  for (int64_t index = begin; index < end; ++index) {
    const int64_t column = index % column_tiles_ * tile_columns_;
    const int64_t row = index / column_tiles_ % row_tiles_ * tile_rows_;
    int64_t rest = index / column_tiles_ / row_tiles_;
    int64_t offset = column + row * rows_.stride, cell = column * inner_.step + row * rows_.step;
    for (auto axis = outer_.rbegin(); axis != outer_.rend(); ++axis) {
      offset += rest % axis->size * axis->stride;
      cell += rest % axis->size * axis->step;
      rest /= axis->size;
    }
    CellTile<T> tile;
    tile.rows = std::min(tile_rows_, rows_.size - row);
    tile.columns = std::min(tile_columns_, inner_.size - column);
    tile.stride = rows_.stride;
    tile.first_cell = cell;
    tile.row_step = rows_.step;
    tile.by_columns = !inner_.reduced;
    if constexpr (std::is_same_v<Element, T>) {
      tile.data = data + offset;
    } else {
      converted.resize(static_cast<size_t>(tile.rows * tile.columns));
      for (int64_t i = 0; i < tile.rows; ++i)
        convert(data + offset + i * tile.stride, converted.data() + i * tile.columns, tile.columns);
      tile.data = converted.data();
      tile.stride = tile.columns;
    }
    taker.take(tile);
  }
}

void Tiles::give(int64_t begin, int64_t end, TileTaker& taker) const {
  switch (tensor_.scalar_type()) {
    case at::kFloat:
      return give_as<float, float>(begin, end, taker);
    case at::kDouble:
      return give_as<double, double>(begin, end, taker);
    case at::kHalf:
      return give_as<c10::Half, float>(begin, end, taker);
    case at::kBFloat16:
      return give_as<c10::BFloat16, float>(begin, end, taker);
    case at::kBool:
      return give_as<bool, float>(begin, end, taker);
    case at::kByte:
      return give_as<uint8_t, float>(begin, end, taker);
    case at::kChar:
      return give_as<int8_t, float>(begin, end, taker);
    case at::kShort:
      return give_as<int16_t, float>(begin, end, taker);
    case at::kInt:
      return give_as<int32_t, double>(begin, end, taker);
    default:
      return give_as<int64_t, double>(begin, end, taker);
  }
}

}  // namespace actsparse
