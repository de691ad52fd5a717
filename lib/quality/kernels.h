#pragma once
// The inner loops: over class scores, and over a sample of two outputs. Each adds in an order that
// depends on shapes alone, so a figure depends neither on what else is in the batch nor on the
// processor. No header with inline code may be included here: the loops are compiled for several
// instruction sets.
#include <cstdint>

namespace actsparse {

/// Scores of `classes` classes at `count` positions. The scores of one position lie `stride` apart;
/// those of the next position follow at once where `stride` is more than 1, else after the row.
template <class T>
struct ScoreBlock {
  const T* data;
  int64_t classes, stride, count;
};

/// What a position's softmax is made of. With NaN among its scores `first` is -1 and the others are
/// NaN.
struct Softmax {
  double largest, denominator;  ///< the largest score; sum of exp(score - largest)
  int64_t first;                ///< where the largest is first
};
/// One for each position.
void find_softmaxes(const ScoreBlock<float>& scores, Softmax* found);
void find_softmaxes(const ScoreBlock<double>& scores, Softmax* found);

/// How many scores of a position come before that of class `at`: larger ones, and equal ones of a
/// lower index.
int64_t rank_of(const float* scores, int64_t classes, int64_t stride, int64_t at);
int64_t rank_of(const double* scores, int64_t classes, int64_t stride, int64_t at);

/// For each position the sum of exp(b) * (b - c), with b = baseline - its largest and c = candidate
/// - its largest; a class whose exp(b) is 0 adds nothing. Both blocks are laid out alike.
void find_divergences(const ScoreBlock<float>& baseline, const Softmax* of_baseline,
                      const ScoreBlock<float>& candidate, const Softmax* of_candidate,
                      double* found);
void find_divergences(const ScoreBlock<double>& baseline, const Softmax* of_baseline,
                      const ScoreBlock<double>& candidate, const Softmax* of_candidate,
                      double* found);

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
