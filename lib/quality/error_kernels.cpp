#include "quality/kernels.h"
#include "quality/vectors.h"

namespace actsparse {
namespace {

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

ACTSPARSE_FOR_EACH_PROCESSOR ErrorSums error_sums(const float* baseline, const float* candidate,
                                                  int64_t count) {
  return errors(baseline, candidate, count);
}
ACTSPARSE_FOR_EACH_PROCESSOR ErrorSums error_sums(const double* baseline, const double* candidate,
                                                  int64_t count) {
  return errors(baseline, candidate, count);
}

}  // namespace actsparse
