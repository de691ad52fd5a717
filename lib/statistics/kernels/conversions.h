#pragma once
// Narrow floating-point types to float.
#include "statistics/kernels/vectors.h"

namespace actsparse {
namespace {

// Shifts the exponent to float's bias by a multiplication, which sets subnormals right too.
inline Floats half_bits_to_float(UnsignedInts half) {
  const UnsignedInts body = (half & 0x7fff) << 13;
  const Floats scaled = reinterpret_cast<Floats>(body) * 0x1p112f;
  const UnsignedInts special = body | 0x7f800000U;  // infinity and NaN keep their payload
  const UnsignedInts bits =
      (half & 0x7c00) == 0x7c00U ? special : reinterpret_cast<UnsignedInts>(scaled);
  return reinterpret_cast<Floats>(bits | ((half & 0x8000) << 16));
}

inline Floats bfloat16_bits_to_float(UnsignedInts bits) {
  return reinterpret_cast<Floats>(bits << 16);
}

template <Floats (*convert)(UnsignedInts)>
void to_float(const uint16_t* from, float* to, int64_t count) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Floats x = convert(__builtin_convertvector(load<Halves>(from + i), UnsignedInts));
    __builtin_memcpy(to + i, &x, sizeof x);
  }
  for (; i < count; ++i) to[i] = convert(UnsignedInts{from[i]})[0];
}

}  // namespace
}  // namespace actsparse
