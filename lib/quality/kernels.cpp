// Vectors are GCC's and Clang's: the compiler splits them where registers are narrower, so every
// instruction set does the same operations in the same order.
#include "quality/kernels.h"

#if defined(__x86_64__)
#define ACTSPARSE_FOR_EACH_PROCESSOR __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define ACTSPARSE_FOR_EACH_PROCESSOR
#endif
#define ACTSPARSE_INLINE __attribute__((always_inline)) inline

namespace actsparse {
namespace {

constexpr int kLanes = 8;
using Doubles = double __attribute__((vector_size(kLanes * 8)));
using Longs = int64_t __attribute__((vector_size(kLanes * 8)));
using Floats = float __attribute__((vector_size(kLanes * 4)));

template <class T>
struct Wide;  // a whole register of T, and integers as wide
template <>
struct Wide<float> {
  using Vector = float __attribute__((vector_size(64)));
  using Index = int32_t __attribute__((vector_size(64)));
};
template <>
struct Wide<double> {
  using Vector = Doubles;
  using Index = Longs;
};

constexpr double kInfinity = __builtin_inf();

template <class Vector, class T>
ACTSPARSE_INLINE Vector load(const T* from) {
  Vector vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

// The last elements of a row, fewer than there are lanes, filled up with `rest`.
template <class Vector, class T>
ACTSPARSE_INLINE Vector load_last(const T* from, int64_t count, T rest) {
  Vector vector = Vector{} + rest;
  __builtin_memcpy(&vector, from, static_cast<unsigned long>(count) * sizeof(T));
  return vector;
}

ACTSPARSE_INLINE Doubles doubles(const float* from) {
  return __builtin_convertvector(load<Floats>(from), Doubles);
}
ACTSPARSE_INLINE Doubles doubles(const double* from) { return load<Doubles>(from); }
ACTSPARSE_INLINE Doubles last_doubles(const float* from, int64_t count, float rest) {
  return __builtin_convertvector(load_last<Floats>(from, count, rest), Doubles);
}
ACTSPARSE_INLINE Doubles last_doubles(const double* from, int64_t count, double rest) {
  return load_last<Doubles>(from, count, rest);
}

ACTSPARSE_INLINE double total(Doubles x) {
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

// exp(x) for x <= 0, to about 1e-16: x = n ln 2 + r (Cody and Waite), then the Taylor series of
// exp(r), |r| <= 0.35, to its 13th power. Below -708, where results would be denormal, 0. Our own,
// because a library's differs between processors and versions.
ACTSPARSE_INLINE Doubles exp_of(Doubles x) {
  constexpr double to_integer = 0x1.8p52;  // what is added to it is rounded to an integer, which
                                           // its lowest bits then hold
  constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  const Doubles shifted = x * 1.4426950408889634 + to_integer, n = shifted - to_integer;
  const Doubles r = (x - n * ln2_high) - n * ln2_low;
  constexpr double taylor[] = {
      1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040, 1. / 720,
      1. / 120,       1. / 24,       1. / 6,       1. / 2,      1.,         1.};
  Doubles sum = Doubles{} + 1. / 6227020800;
  for (const double factor : taylor) sum = sum * r + factor;
  const auto power = reinterpret_cast<Doubles>((reinterpret_cast<Longs>(shifted) + 1023) << 52);
  return x < -708.0 ? Doubles{} : sum * power;
}

template <class T>
ACTSPARSE_INLINE Peak peak(const T* row, int64_t count) {
  using Vector = typename Wide<T>::Vector;
  using Index = typename Wide<T>::Index;
  constexpr int lanes = 64 / sizeof(T);
  Vector most = Vector{} - static_cast<T>(kInfinity);
  Index block = {}, blocks = {}, nan = {};
  const auto take = [&](Vector x) __attribute__((always_inline)) {
    nan |= x != x;
    blocks = x > most ? block : blocks;
    most = x > most ? x : most;
    block += 1;
  };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) take(load<Vector>(row + i));
  if (i < count) take(load_last<Vector>(row + i, count - i, static_cast<T>(-kInfinity)));
  Peak best{-kInfinity, 0};
  for (int lane = 0; lane < lanes; ++lane) {
    if (nan[lane] != 0) return {__builtin_nan(""), -1};
    const int64_t index = static_cast<int64_t>(blocks[lane]) * lanes + lane;
    const bool first = most[lane] == best.largest && index < best.first;
    if (most[lane] > best.largest || first) best = {most[lane], index};
  }
  return best;
}

template <class T>
ACTSPARSE_INLINE int64_t rank_in(const T* row, int64_t count, int64_t at) {
  const T score = row[at];
  int before = 0, after = 0;
  for (int64_t i = 0; i < at; ++i) before += row[i] >= score ? 1 : 0;
  for (int64_t i = at + 1; i < count; ++i) after += row[i] > score ? 1 : 0;
  return before + after;
}

template <class T>
ACTSPARSE_INLINE double exp_sum(const T* row, int64_t count, double largest) {
  Doubles sums = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) sums += exp_of(doubles(row + i) - largest);
  if (i < count)
    sums += exp_of(last_doubles(row + i, count - i, static_cast<T>(-kInfinity)) - largest);
  return total(sums);
}

struct Divergence {
  Doubles candidate = {}, weighted = {};

  ACTSPARSE_INLINE void take(Doubles b, Doubles c) {
    const Doubles weight = exp_of(b);
    candidate += exp_of(c);
    weighted += weight == 0.0 ? Doubles{} : weight * (b - c);
  }
};

template <class T>
ACTSPARSE_INLINE DivergenceSums divergence(const T* baseline, double largest_baseline,
                                           const T* candidate, double largest_candidate,
                                           int64_t count) {
  Divergence sums;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    sums.take(doubles(baseline + i) - largest_baseline, doubles(candidate + i) - largest_candidate);
  if (i < count) {
    const auto rest = static_cast<T>(-kInfinity);
    sums.take(last_doubles(baseline + i, count - i, rest) - largest_baseline,
              last_doubles(candidate + i, count - i, rest) - largest_candidate);
  }
  return {total(sums.candidate), total(sums.weighted)};
}

struct Errors {
  Doubles baseline = {}, candidate = {}, product = {}, difference = {}, largest = {};

  ACTSPARSE_INLINE void take(Doubles b, Doubles c) {
    const Doubles d = c - b, size = d < 0.0 ? -d : d;
    baseline += b * b;
    candidate += c * c;
    product += b * c;
    difference += d * d;
    largest = size > largest ? size : largest;
  }
};

template <class T>
ACTSPARSE_INLINE ErrorSums errors(const T* baseline, const T* candidate, int64_t count) {
  Errors sums;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) sums.take(doubles(baseline + i), doubles(candidate + i));
  if (i < count)
    sums.take(last_doubles(baseline + i, count - i, T{0}),
              last_doubles(candidate + i, count - i, T{0}));
  double largest = 0;
  for (int lane = 0; lane < kLanes; ++lane)
    largest = sums.largest[lane] > largest ? sums.largest[lane] : largest;
  return {total(sums.baseline), total(sums.candidate), total(sums.product), total(sums.difference),
          largest};
}

}  // namespace

ACTSPARSE_FOR_EACH_PROCESSOR Peak find_peak(const float* row, int64_t count) {
  return peak(row, count);
}
ACTSPARSE_FOR_EACH_PROCESSOR Peak find_peak(const double* row, int64_t count) {
  return peak(row, count);
}

ACTSPARSE_FOR_EACH_PROCESSOR int64_t rank_of(const float* row, int64_t count, int64_t at) {
  return rank_in(row, count, at);
}
ACTSPARSE_FOR_EACH_PROCESSOR int64_t rank_of(const double* row, int64_t count, int64_t at) {
  return rank_in(row, count, at);
}

ACTSPARSE_FOR_EACH_PROCESSOR double sum_exp(const float* row, int64_t count, double largest) {
  return exp_sum(row, count, largest);
}
ACTSPARSE_FOR_EACH_PROCESSOR double sum_exp(const double* row, int64_t count, double largest) {
  return exp_sum(row, count, largest);
}

ACTSPARSE_FOR_EACH_PROCESSOR DivergenceSums divergence_sums(const float* baseline,
                                                            double largest_baseline,
                                                            const float* candidate,
                                                            double largest_candidate,
                                                            int64_t count) {
  return divergence(baseline, largest_baseline, candidate, largest_candidate, count);
}
ACTSPARSE_FOR_EACH_PROCESSOR DivergenceSums divergence_sums(const double* baseline,
                                                            double largest_baseline,
                                                            const double* candidate,
                                                            double largest_candidate,
                                                            int64_t count) {
  return divergence(baseline, largest_baseline, candidate, largest_candidate, count);
}

ACTSPARSE_FOR_EACH_PROCESSOR ErrorSums error_sums(const float* baseline, const float* candidate,
                                                  int64_t count) {
  return errors(baseline, candidate, count);
}
ACTSPARSE_FOR_EACH_PROCESSOR ErrorSums error_sums(const double* baseline, const double* candidate,
                                                  int64_t count) {
  return errors(baseline, candidate, count);
}

}  // namespace actsparse
