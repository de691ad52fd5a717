#pragma once
// Extremes, as the largest of sign * x.
#include "statistics/kernels/vectors.h"

namespace actsparse {
namespace {

template <class X>
inline X larger(X most, X x) {
  // NaN, which alone differs from itself, wins and stays.
  return ((x > most) | (x != x)) ? x : most;  // NOLINT(misc-redundant-expression)
}

template <class T>
struct Signed {
  T sign;
  bool of_magnitude;
  template <class X>
  X operator()(X x) const {
    const X size = x < 0 ? -x : x;
    return (of_magnitude ? size : x) * sign;
  }
};

template <class T>
void extreme_rows(const Tile<T>& tile, Term term, int sign, T* extremes) {
  using Vector = typename Traits<T>::Vector;
  constexpr int kAtOnce = 4;
  const Signed<T> of{static_cast<T>(sign), term == Term::Magnitude};
  for (int64_t row = 0; row < tile.rows; ++row) {
    const T* x = tile.data + row * tile.stride;
    T most = of(x[0]);
    int64_t i = 0;
    if (tile.columns >= kLanes) {
      Vector lanes[kAtOnce];
      for (auto& vector : lanes) vector = of(load<Vector>(x));
      for (; i + kAtOnce * kLanes <= tile.columns; i += kAtOnce * kLanes)
        for (int part = 0; part < kAtOnce; ++part)
          lanes[part] = larger(lanes[part], of(load<Vector>(x + i + part * kLanes)));
      for (; i + kLanes <= tile.columns; i += kLanes)
        lanes[0] = larger(lanes[0], of(load<Vector>(x + i)));
      for (const auto& vector : lanes)
        for (int lane = 0; lane < kLanes; ++lane) most = larger<T>(most, vector[lane]);
    }
    for (; i < tile.columns; ++i) most = larger(most, of(x[i]));
    extremes[row] = most * of.sign;
  }
}

template <class T>
void extreme_columns(const Tile<T>& tile, Term term, int sign, T* extremes) {
  using Vector = typename Traits<T>::Vector;
  const Signed<T> of{static_cast<T>(sign), term == Term::Magnitude};
  int64_t column = 0;
  for (; column + kLanes <= tile.columns; column += kLanes) {
    Vector lanes = of(load<Vector>(tile.data + column));
    for (int64_t row = 1; row < tile.rows; ++row)
      lanes = larger(lanes, of(load<Vector>(tile.data + row * tile.stride + column)));
    lanes = lanes * of.sign;
    __builtin_memcpy(extremes + column, &lanes, sizeof lanes);
  }
  for (; column < tile.columns; ++column) {
    T most = of(tile.data[column]);
    for (int64_t row = 1; row < tile.rows; ++row)
      most = larger(most, of(tile.data[row * tile.stride + column]));
    extremes[column] = most * of.sign;
  }
}

}  // namespace
}  // namespace actsparse
