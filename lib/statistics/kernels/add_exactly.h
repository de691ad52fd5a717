#pragma once
// Knuth's TwoSum of rows.
#include "statistics/kernels/vectors.h"

namespace actsparse {
namespace {

inline bool two_sum(double& part, double& term) {
  const double sum = part + term, shadow = sum - part;
  term = (part - (sum - shadow)) + (term - shadow);
  part = sum;
  return term != 0;
}

bool add_exactly(double* parts, double* terms, int64_t count) {
  Longs left = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Doubles part = load<Doubles>(parts + i), term = load<Doubles>(terms + i);
    const Doubles total = part + term, shadow = total - part;
    const Doubles lost = (part - (total - shadow)) + (term - shadow);
    __builtin_memcpy(parts + i, &total, sizeof total);
    __builtin_memcpy(terms + i, &lost, sizeof lost);
    left |= lost != 0.0;
  }
  bool any = false;
  for (int lane = 0; lane < kLanes; ++lane) any = any || left[lane] != 0;
  for (; i < count; ++i) any = two_sum(parts[i], terms[i]) || any;
  return any;
}

}  // namespace
}  // namespace actsparse
