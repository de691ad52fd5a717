#pragma once
// What kernels are written with. Vectors are GCC's and Clang's: the compiler splits them where
// registers are narrower, so every instruction set does the same operations in the same order. All
// is inlined into functions that are ACTSPARSE_FOR_EACH_PROCESSOR: nothing else may include this.
#include <cstdint>

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

}  // namespace
}  // namespace actsparse
