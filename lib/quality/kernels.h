#pragma once
// The inner loops: over a row of class scores, and over a sample of two outputs. Each adds in an
// order that depends on the number of elements alone, so a figure depends neither on what else is
// in the batch nor on the processor. No header with inline code may be included here: the loops are
// compiled for several instruction sets.
#include <cstdint>

namespace actsparse {

/// The largest of a row, and where it is first; `first` is -1 if the row holds NaN.
struct Peak {
  double largest;
  int64_t first;
};
/// `count` >= 1.
Peak find_peak(const float* row, int64_t count);
Peak find_peak(const double* row, int64_t count);

/// How many scores come before that of class `at`: larger ones, and equal ones of a lower index.
int64_t rank_of(const float* row, int64_t count, int64_t at);
int64_t rank_of(const double* row, int64_t count, int64_t at);

/// Sum of exp(x - largest), the softmax's denominator; `largest` is the row's. Minus infinity adds
/// nothing. The same bits as DivergenceSums::candidate.
double sum_exp(const float* row, int64_t count, double largest);
double sum_exp(const double* row, int64_t count, double largest);

/// What the Kullback-Leibler divergence of two rows is made of, with b = baseline - its largest and
/// c = candidate - its largest.
struct DivergenceSums {
  double candidate;  ///< sum of exp(c)
  double weighted;   ///< sum of exp(b) * (b - c); 0 where exp(b) is 0
};
DivergenceSums divergence_sums(const float* baseline, double largest_baseline,
                               const float* candidate, double largest_candidate, int64_t count);
DivergenceSums divergence_sums(const double* baseline, double largest_baseline,
                               const double* candidate, double largest_candidate, int64_t count);

/// Of all elements of a sample, b of the baseline and c of the candidate. NaN and infinity make the
/// sums NaN or infinite; `largest` passes over NaN.
struct ErrorSums {
  double baseline, candidate, product;  ///< sums of b * b, c * c, b * c
  double difference;                    ///< sum of (c - b)²
  double largest;                       ///< of |c - b|
};
ErrorSums error_sums(const float* baseline, const float* candidate, int64_t count);
ErrorSums error_sums(const double* baseline, const double* candidate, int64_t count);

}  // namespace actsparse
