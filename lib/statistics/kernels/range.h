#pragma once
// The range of a tile's elements.
#include "statistics/kernels/vectors.h"

namespace actsparse {
namespace {

template <class T>
Range range_from(typename Traits<T>::Word largest, typename Traits<T>::Word smallest) {
  using Of = Traits<T>;
  const int top = static_cast<int>(largest >> Of::kMantissa);
  // `smallest` is one less than the bits of the smallest nonzero |x|; all ones: there is none.
  const bool all_zero = largest == 0;
  int low = all_zero ? 0 : static_cast<int>((smallest + 1) >> Of::kMantissa);
  low = (low > 1 ? low : 1) - Of::kBias - Of::kMantissa;
  return {(top > 1 ? top : 1) - Of::kBias + 1, low, top != Of::kExponents};
}

template <class T>
Range range(const Tile<T>& tile) {
  using Bits = typename Traits<T>::Bits;
  using Word = typename Traits<T>::Word;
  constexpr Word kNoSign = ~Word{0} >> 1;
  constexpr int kAtOnce = 4;
  Bits largest[kAtOnce] = {}, smallest[kAtOnce];
  for (auto& vector : smallest) vector = ~Bits{};
  Word largest_word = 0, smallest_word = ~Word{0};
  for (int64_t row = 0; row < tile.rows; ++row) {
    const T* x = tile.data + row * tile.stride;
    int64_t i = 0;
    for (; i + kAtOnce * kLanes <= tile.columns; i += kAtOnce * kLanes)
      for (int part = 0; part < kAtOnce; ++part) {
        const Bits bits = load<Bits>(x + i + part * kLanes) & kNoSign;
        largest[part] = bits > largest[part] ? bits : largest[part];
        smallest[part] = bits - 1 < smallest[part] ? bits - 1 : smallest[part];
      }
    for (; i + kLanes <= tile.columns; i += kLanes) {
      const Bits bits = load<Bits>(x + i) & kNoSign;
      largest[0] = bits > largest[0] ? bits : largest[0];
      smallest[0] = bits - 1 < smallest[0] ? bits - 1 : smallest[0];
    }
    for (; i < tile.columns; ++i) {
      Word word;
      __builtin_memcpy(&word, x + i, sizeof word);
      word &= kNoSign;
      largest_word = word > largest_word ? word : largest_word;
      smallest_word = word - 1 < smallest_word ? word - 1 : smallest_word;
    }
  }
  for (int part = 0; part < kAtOnce; ++part)
    for (int lane = 0; lane < kLanes; ++lane) {
      const Word most = largest[part][lane], least = smallest[part][lane];
      largest_word = most > largest_word ? most : largest_word;
      smallest_word = least < smallest_word ? least : smallest_word;
    }
  return range_from<T>(largest_word, smallest_word);
}

}  // namespace
}  // namespace actsparse
