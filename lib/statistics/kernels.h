#pragma once
// The inner loops of streaming statistics: one read of a tile, sums without rounding. kernels.cpp
// is compiled once for each instruction set; best_kernels() picks at run time. No header with
// inline code may be included here: it would be compiled for a machine that is not there.
#include <cstdint>

namespace actsparse {

/// A piece of a tensor: `rows` rows of `columns` adjacent elements, `stride` elements apart.
template <class T>
struct Tile {
  const T* data;
  int64_t rows, columns, stride;
};

/// What the elements of a tile are made of: |x| < 2^top, and every x is a multiple of 2^low.
struct Range {
  int top, low;
  bool is_finite;  ///< no NaN or infinity; else top means nothing
};

/// What is summed: x, |x|, x².
enum class Term { Itself, Magnitude, Square };

/// How terms are cut so that no sum of them rounds: level l takes what is a multiple of the grid
/// that adding and subtracting shift[l] leaves, the last level the rest (ExtractVector of Rump,
/// Ogita, Oishi: Accurate floating-point summation, 2008).
struct Grids {
  int levels;       ///< 1 to 3
  double shift[2];  ///< 1.5 * 2^52 grids
};

template <class T>
struct TileKernels {
  Range (*range)(const Tile<T>&);
  /// sums[row] = sum over the row; or, by columns, sums[column]. True if nothing was rounded.
  bool (*sum_rows_once)(const Tile<T>&, Term, double* sums);
  bool (*sum_columns_once)(const Tile<T>&, Term, double* sums);
  /// The same in levels: sums[level * rows + row], or sums[level * columns + column].
  void (*sum_rows)(const Tile<T>&, Term, const Grids&, double* sums);
  void (*sum_columns)(const Tile<T>&, Term, const Grids&, double* sums);
  /// counts[row or column] = number of elements that are not |x| <= threshold (NaN counts).
  void (*count_rows)(const Tile<T>&, T threshold, int64_t* counts);
  void (*count_columns)(const Tile<T>&, T threshold, int64_t* counts);
  /// Largest (sign 1) or smallest (sign -1) x or |x|; NaN wins.
  void (*extreme_rows)(const Tile<T>&, Term, int sign, T* extremes);
  void (*extreme_columns)(const Tile<T>&, Term, int sign, T* extremes);
  /// bins[i] = |x[i]| * scales[i * step] rounded down; all must be below 2^31.
  void (*find_bins)(const T* x, const double* scales, int64_t step, int64_t count, int32_t* bins);
};

struct Kernels {
  const char* name;  ///< "avx512", "avx2", "baseline"
  TileKernels<float> of_float;
  TileKernels<double> of_double;
  /// parts[i], terms[i] = their sum rounded, and what the rounding lost (Knuth's TwoSum). True if
  /// any term is left.
  bool (*add_exactly)(double* parts, double* terms, int64_t count);
  void (*half_to_float)(const uint16_t* from, float* to, int64_t count);
  void (*bfloat16_to_float)(const uint16_t* from, float* to, int64_t count);
};

extern const Kernels baseline_kernels;
#if defined(__x86_64__)
extern const Kernels avx2_kernels, avx512_kernels;
#endif

/// The fastest that this processor can run.
const Kernels& best_kernels();

template <class T>
const TileKernels<T>& tile_kernels();

}  // namespace actsparse
