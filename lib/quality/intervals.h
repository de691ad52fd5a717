#pragma once
// 95 % intervals. All take the n things that were counted as independent of each other.
#include <cstdint>

#include "quality/metric.h"

namespace actsparse {

/// Of the rate hits / n, n >= 1 (Wilson: Probable inference, the law of succession, and statistical
/// inference, 1927). Within [0, 1].
Interval wilson(int64_t hits, int64_t n);

/// How often two models were right on the same n >= 1 things.
struct PairedCounts {
  int64_t n, first, second, both;
};
/// Of first / n - second / n (Newcombe: Improved confidence intervals for the difference between
/// binomial proportions based on paired data, 1998, method 10).
Interval paired_difference(const PairedCounts& counts);

/// The sample variance of n things from their sum and the sum of their squares; NaN if n < 2.
double variance(long double sum, long double squares, int64_t n);

/// mean +- 1.96 sqrt(variance / n); NaN if variance is.
Interval normal(double mean, double variance, int64_t n);

}  // namespace actsparse
