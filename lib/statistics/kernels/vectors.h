#pragma once
// Part of kernels.cpp, as all of this folder: compiled once per instruction set, each time in an
// unnamed namespace. Vectors are GCC's and Clang's: the compiler splits them where registers are
// narrower.
#include "statistics/kernels.h"

namespace actsparse {
namespace {

constexpr int kLanes = ACTSPARSE_KERNELS_LANES;

using Doubles = double __attribute__((vector_size(kLanes * 8)));
using Longs = int64_t __attribute__((vector_size(kLanes * 8)));
using UnsignedLongs = uint64_t __attribute__((vector_size(kLanes * 8)));
using Floats = float __attribute__((vector_size(kLanes * 4)));
using Ints = int32_t __attribute__((vector_size(kLanes * 4)));
using UnsignedInts = uint32_t __attribute__((vector_size(kLanes * 4)));
using Halves = uint16_t __attribute__((vector_size(kLanes * 2)));

// What of a type the loops need to know.
template <class T>
struct Traits;
template <>
struct Traits<float> {
  using Vector = Floats;
  using Signed = Ints;
  using Bits = UnsignedInts;
  using Word = uint32_t;
  static constexpr int kMantissa = 23, kBias = 127, kExponents = 0xff;
};
template <>
struct Traits<double> {
  using Vector = Doubles;
  using Signed = Longs;
  using Bits = UnsignedLongs;
  using Word = uint64_t;
  static constexpr int kMantissa = 52, kBias = 1023, kExponents = 0x7ff;
};

template <class Vector>
inline Vector load(const void* from) {
  Vector vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

template <class Vector>
inline Vector filled(decltype(Vector{}[0] + 0) value) {
  return Vector{} + value;
}

inline Doubles widened(Floats x) { return __builtin_convertvector(x, Doubles); }
inline Doubles widened(Doubles x) { return x; }

template <Term term>
inline Doubles term_of(Doubles x) {
  if (term == Term::Square) return x * x;
  if (term == Term::Magnitude)
    return reinterpret_cast<Doubles>(reinterpret_cast<UnsignedLongs>(x) & (~uint64_t{0} >> 1));
  return x;
}
template <Term term>
inline double term_of(double x) {
  if (term == Term::Square) return x * x;
  if (term == Term::Magnitude) return __builtin_fabs(x);
  return x;
}

}  // namespace
}  // namespace actsparse
