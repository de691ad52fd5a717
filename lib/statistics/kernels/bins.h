#pragma once
// The bins of a histogram.
#include "statistics/kernels/vectors.h"

namespace actsparse {
namespace {

template <class T>
void find_bins(const T* x, const double* scales, int64_t step, int64_t count, int32_t* bins) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Doubles size = term_of<Term::Magnitude>(widened(load<typename Traits<T>::Vector>(x + i)));
    const Doubles scale = step == 0 ? filled<Doubles>(scales[0]) : load<Doubles>(scales + i);
    const Ints found = __builtin_convertvector(size * scale, Ints);
    __builtin_memcpy(bins + i, &found, sizeof found);
  }
  for (; i < count; ++i)
    bins[i] = static_cast<int32_t>(term_of<Term::Magnitude>(static_cast<double>(x[i])) *
                                   scales[i * step]);
}

}  // namespace
}  // namespace actsparse
