#pragma once
// Sums, which may not round or say that they did.
#if !defined(__x86_64__)
#include <fenv.h>
#endif

#include "statistics/kernels/vectors.h"

namespace actsparse {
namespace {

// The processor notes when an operation rounds. No floating-point operation may move past these:
// what they bracket is called through a pointer.
#if defined(__x86_64__)
void forget_rounding() { __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() & ~0x20U); }
bool has_rounded() { return (__builtin_ia32_stmxcsr() & 0x20U) != 0; }
#else
void forget_rounding() { feclearexcept(FE_INEXACT); }
bool has_rounded() { return fetestexcept(FE_INEXACT) != 0; }
#endif

// Adds x to the sums of the levels, each its share.
template <int levels, class X>
inline void add_shares(X x, const double* shift, X* sums, int64_t step) {
  for (int level = 0; level + 1 < levels; ++level) {
    const X share = (x + shift[level]) - shift[level];
    sums[level * step] += share;
    x -= share;
  }
  sums[(levels - 1) * step] += x;
}

template <class T, Term term, int levels>
[[gnu::noinline]] void sum_rows(const Tile<T>& tile, const double* shift, double* sums) {
  using Vector = typename Traits<T>::Vector;
  constexpr int kAtOnce = 4;
  for (int64_t row = 0; row < tile.rows; ++row) {
    const T* x = tile.data + row * tile.stride;
    Doubles lanes[levels * kAtOnce] = {};
    double rest[levels] = {};
    int64_t i = 0;
    for (; i + kAtOnce * kLanes <= tile.columns; i += kAtOnce * kLanes)
      for (int part = 0; part < kAtOnce; ++part)
        add_shares<levels>(term_of<term>(widened(load<Vector>(x + i + part * kLanes))), shift,
                           lanes + part, kAtOnce);
    for (; i + kLanes <= tile.columns; i += kLanes)
      add_shares<levels>(term_of<term>(widened(load<Vector>(x + i))), shift, lanes, kAtOnce);
    for (; i < tile.columns; ++i)
      add_shares<levels>(term_of<term>(static_cast<double>(x[i])), shift, rest, 1);
    for (int level = 0; level < levels; ++level) {
      Doubles all = lanes[level * kAtOnce];
      for (int part = 1; part < kAtOnce; ++part) all += lanes[level * kAtOnce + part];
      for (int lane = 0; lane < kLanes; ++lane) rest[level] += all[lane];
      sums[level * tile.rows + row] = rest[level];
    }
  }
}

template <class T, Term term, int levels, int width>
inline void sum_column_group(const Tile<T>& tile, const double* shift, int64_t first,
                             double* sums) {
  using Vector = typename Traits<T>::Vector;
  Doubles lanes[levels * width] = {};
  const T* x = tile.data + first;
  for (int64_t row = 0; row < tile.rows; ++row, x += tile.stride)
    for (int part = 0; part < width; ++part)
      add_shares<levels>(term_of<term>(widened(load<Vector>(x + part * kLanes))), shift,
                         lanes + part, width);
  for (int level = 0; level < levels; ++level)
    for (int part = 0; part < width; ++part)
      __builtin_memcpy(sums + level * tile.columns + first + part * kLanes,
                       lanes + level * width + part, sizeof(Doubles));
}

template <class T, Term term, int levels>
[[gnu::noinline]] void sum_columns(const Tile<T>& tile, const double* shift, double* sums) {
  constexpr int kAtOnce = 4;
  int64_t column = 0;
  for (; column + kAtOnce * kLanes <= tile.columns; column += kAtOnce * kLanes)
    sum_column_group<T, term, levels, kAtOnce>(tile, shift, column, sums);
  for (; column + kLanes <= tile.columns; column += kLanes)
    sum_column_group<T, term, levels, 1>(tile, shift, column, sums);
  for (; column < tile.columns; ++column) {
    double rest[levels] = {};
    for (int64_t row = 0; row < tile.rows; ++row)
      add_shares<levels>(term_of<term>(static_cast<double>(tile.data[row * tile.stride + column])),
                         shift, rest, 1);
    for (int level = 0; level < levels; ++level) sums[level * tile.columns + column] = rest[level];
  }
}

template <class T, Term term, bool by_rows>
void sum_levels(const Tile<T>& tile, const Grids& grids, double* sums) {
  const auto one = by_rows ? sum_rows<T, term, 1> : sum_columns<T, term, 1>;
  const auto two = by_rows ? sum_rows<T, term, 2> : sum_columns<T, term, 2>;
  const auto three = by_rows ? sum_rows<T, term, 3> : sum_columns<T, term, 3>;
  (grids.levels == 1 ? one : grids.levels == 2 ? two : three)(tile, grids.shift, sums);
}

template <class T, bool by_rows>
void sum(const Tile<T>& tile, Term term, const Grids& grids, double* sums) {
  if (term == Term::Itself) return sum_levels<T, Term::Itself, by_rows>(tile, grids, sums);
  if (term == Term::Magnitude) return sum_levels<T, Term::Magnitude, by_rows>(tile, grids, sums);
  sum_levels<T, Term::Square, by_rows>(tile, grids, sums);
}

template <class T, bool by_rows>
bool sum_once(const Tile<T>& tile, Term term, double* sums) {
  forget_rounding();
  sum<T, by_rows>(tile, term, {1, {}}, sums);
  return !has_rounded();
}

}  // namespace
}  // namespace actsparse
