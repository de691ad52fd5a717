#pragma once
// Counts of what is above a threshold.
#include "statistics/kernels/vectors.h"

namespace actsparse {
namespace {

template <class Vector>
inline Vector magnitude(Vector x) {
  return x < 0 ? -x : x;
}

template <class T>
inline bool is_above(T x, T threshold) {
  return !((x < 0 ? -x : x) <= threshold);
}

template <class T>
void count_rows(const Tile<T>& tile, T threshold, int64_t* counts) {
  using Vector = typename Traits<T>::Vector;
  using Signed = typename Traits<T>::Signed;
  for (int64_t row = 0; row < tile.rows; ++row) {
    const T* x = tile.data + row * tile.stride;
    Signed lanes = {};
    int64_t i = 0, count = 0;
    for (; i + kLanes <= tile.columns; i += kLanes)  // true is -1
      lanes += magnitude(load<Vector>(x + i)) <= threshold;
    for (int lane = 0; lane < kLanes; ++lane) count += lanes[lane];
    count += i;
    for (; i < tile.columns; ++i) count += is_above(x[i], threshold) ? 1 : 0;
    counts[row] = count;
  }
}

template <class T>
void count_columns(const Tile<T>& tile, T threshold, int64_t* counts) {
  using Vector = typename Traits<T>::Vector;
  using Signed = typename Traits<T>::Signed;
  int64_t column = 0;
  for (; column + kLanes <= tile.columns; column += kLanes) {
    Signed lanes = {};
    for (int64_t row = 0; row < tile.rows; ++row)
      lanes += magnitude(load<Vector>(tile.data + row * tile.stride + column)) <= threshold;
    for (int lane = 0; lane < kLanes; ++lane) counts[column + lane] = tile.rows + lanes[lane];
  }
  for (; column < tile.columns; ++column) {
    counts[column] = 0;
    for (int64_t row = 0; row < tile.rows; ++row)
      counts[column] += is_above(tile.data[row * tile.stride + column], threshold) ? 1 : 0;
  }
}

}  // namespace
}  // namespace actsparse
