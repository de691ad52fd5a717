#pragma once
// A tensor of any strides, cut into tiles that fit the first-level cache.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "statistics/kernels.h"

namespace actsparse {

/// A tile, and the cells of a statistic that its elements fall into: by columns, column c of every
/// row falls into first_cell + c; else row r falls into first_cell + r * row_step.
template <class T>
struct CellTile : Tile<T> {
  int64_t first_cell, row_step;
  bool by_columns;
  int64_t outputs() const { return by_columns ? this->columns : this->rows; }
  int64_t cell(int64_t output) const { return first_cell + output * (by_columns ? 1 : row_step); }
};

/// No tile has more rows or columns, nor more elements.
constexpr int64_t kLongestTile = 2048, kLargestTile = 8192;  // 32 KB of float32

/// Takes tiles: float32 ones, or float64 ones.
class TileTaker {
 public:
  virtual ~TileTaker() = default;
  virtual void take(const CellTile<float>& tile) = 0;
  virtual void take(const CellTile<double>& tile) = 0;
};

/// The cells' shape: `sizes` with every reduced dimension as 1.
std::vector<int64_t> kept_shape(at::IntArrayRef sizes, const std::vector<bool>& reduced);

/// How `tensor` is cut, for any number of threads. The tensor must be on the CPU, strided and not
/// complex; it is read once, and copied only if no dimension has stride 1. float16, bfloat16, bool
/// and small integers come as float32, larger integers as float64.
class Tiles {
 public:
  Tiles(const at::Tensor& tensor, const std::vector<bool>& reduced);
  int64_t count() const { return outer_count_ * row_tiles_ * column_tiles_; }
  /// Gives the tiles from `begin` to `end`.
  void give(int64_t begin, int64_t end, TileTaker& taker) const;

 private:
  struct Axis {
    int64_t size, stride;
    int64_t step;  ///< cells from one index to the next; 0: reduced
    bool reduced;
  };
  static std::vector<Axis> axes_of(const at::Tensor& tensor, const std::vector<bool>& reduced);
  bool take_inner(std::vector<Axis>& axes);
  void take_rows(std::vector<Axis>& axes);
  template <class Element, class T>
  void give_as(int64_t begin, int64_t end, TileTaker& taker) const;

  at::Tensor tensor_;
  Axis inner_{1, 1, 0, true}, rows_{1, 0, 0, true};
  std::vector<Axis> outer_;
  int64_t tile_rows_ = 1, tile_columns_ = 1;
  int64_t outer_count_ = 1, row_tiles_ = 1, column_tiles_ = 1;
};

}  // namespace actsparse
