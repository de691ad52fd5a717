#include "quality/kernels.h"
#include "quality/vectors.h"

namespace actsparse {
namespace {

// exp(x) for x <= 0, to about 1e-16: x = n ln 2 + r (Cody and Waite), then the Taylor series of
// exp(r), |r| <= 0.35, to its 13th power. Below -708, where results would be denormal, 0. Our own,
// because a library's differs between processors and versions.
ACTSPARSE_INLINE Doubles exp_of(Doubles x) {
  constexpr double to_integer = 0x1.8p52;  // what is added to it is rounded to an integer, which
                                           // its lowest bits then hold
  constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
  const Doubles shifted = x * 1.4426950408889634 + to_integer, n = shifted - to_integer;
  const Doubles r = (x - n * ln2_high) - n * ln2_low;
  constexpr double taylor[] = {
      1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040, 1. / 720,
      1. / 120,       1. / 24,       1. / 6,       1. / 2,      1.,         1.};
  Doubles sum = Doubles{} + 1. / 6227020800;
  for (const double factor : taylor) sum = sum * r + factor;
  const auto power = reinterpret_cast<Doubles>((reinterpret_cast<Longs>(shifted) + 1023) << 52);
  return x < -708.0 ? Doubles{} : sum * power;
}

// ---- positions whose scores lie side by side: lanes are classes ----

struct Peak {
  double largest;
  int64_t first;
};

// Where a lane's largest score is first is kept as the number of its block.
template <class T>
ACTSPARSE_INLINE Peak peak_of(const T* row, int64_t classes) {
  using Vector = typename Wide<T>::Vector;
  using Index = typename Wide<T>::Index;
  constexpr int lanes = 64 / sizeof(T);
  Vector most = Vector{} - static_cast<T>(kInfinity);
  Index block = {}, blocks = {}, nan = {};
  for (int64_t i = 0; i < classes; i += lanes) {
    const Vector x = i + lanes <= classes
                         ? load<Vector>(row + i)
                         : load_last<Vector>(row + i, classes - i, static_cast<T>(-kInfinity));
    nan |= ~(x <= static_cast<T>(kInfinity));
    blocks = x > most ? block : blocks;
    most = x > most ? x : most;
    block += 1;
  }
  Peak best{-kInfinity, 0};
  for (int lane = 0; lane < lanes; ++lane) {
    if (nan[lane] != 0) return {__builtin_nan(""), -1};
    const int64_t index = static_cast<int64_t>(blocks[lane]) * lanes + lane;
    const bool earlier = most[lane] == best.largest && index < best.first;
    if (most[lane] > best.largest || earlier) best = {most[lane], index};
  }
  return best;
}

template <class T>
ACTSPARSE_INLINE Softmax row_softmax(const T* row, int64_t classes) {
  const Peak peak = peak_of(row, classes);
  Doubles sums = {};
  int64_t i = 0;
  for (; i + kLanes <= classes; i += kLanes) sums += exp_of(doubles(row + i) - peak.largest);
  if (i < classes)
    sums += exp_of(last_doubles(row + i, classes - i, static_cast<T>(-kInfinity)) - peak.largest);
  return {peak.largest, total(sums), peak.first};
}

ACTSPARSE_INLINE Doubles divergence(Doubles b, Doubles c) {
  const Doubles weight = exp_of(b);
  return weight == 0.0 ? Doubles{} : weight * (b - c);
}

template <class T>
ACTSPARSE_INLINE double row_divergence(const T* baseline, double largest_baseline,
                                       const T* candidate, double largest_candidate,
                                       int64_t classes) {
  Doubles sums = {};
  int64_t i = 0;
  for (; i + kLanes <= classes; i += kLanes)
    sums += divergence(doubles(baseline + i) - largest_baseline,
                       doubles(candidate + i) - largest_candidate);
  if (i < classes) {
    const auto rest = static_cast<T>(-kInfinity);
    sums += divergence(last_doubles(baseline + i, classes - i, rest) - largest_baseline,
                       last_doubles(candidate + i, classes - i, rest) - largest_candidate);
  }
  return total(sums);
}

// ---- positions that lie side by side: lanes are positions ----

// The scores of class `c` at kLanes positions from `i` on; fewer at the block's end.
template <class T>
ACTSPARSE_INLINE Doubles scores_at(const ScoreBlock<T>& block, int64_t i, int64_t c) {
  const T* from = block.data + c * block.stride + i;
  return i + kLanes <= block.count ? doubles(from) : last_doubles(from, block.count - i, T{0});
}

template <class T>
ACTSPARSE_INLINE void column_softmaxes(const ScoreBlock<T>& block, int64_t i, Softmax* found) {
  Doubles most = Doubles{} - kInfinity, sums = {};
  Longs first = {}, nan = {};
  for (int64_t c = 0; c < block.classes; ++c) {
    const Doubles x = scores_at(block, i, c);
    nan |= ~(x <= kInfinity);
    first = x > most ? Longs{} + c : first;
    most = x > most ? x : most;
  }
  most = nan != 0 ? Doubles{} + __builtin_nan("") : most;
  first = nan != 0 ? Longs{} - 1 : first;
  for (int64_t c = 0; c < block.classes; ++c) sums += exp_of(scores_at(block, i, c) - most);
  for (int lane = 0; lane < kLanes && i + lane < block.count; ++lane)
    found[i + lane] = {most[lane], sums[lane], first[lane]};
}

ACTSPARSE_INLINE Doubles largest_at(const Softmax* softmaxes, int64_t i, int64_t count) {
  Doubles largest = {};
  for (int lane = 0; lane < kLanes && i + lane < count; ++lane)
    largest[lane] = softmaxes[i + lane].largest;
  return largest;
}

template <class T>
ACTSPARSE_INLINE void column_divergences(const ScoreBlock<T>& baseline, const Softmax* of_baseline,
                                         const ScoreBlock<T>& candidate,
                                         const Softmax* of_candidate, int64_t i, double* found) {
  const Doubles b = largest_at(of_baseline, i, baseline.count),
                c = largest_at(of_candidate, i, baseline.count);
  Doubles sums = {};
  for (int64_t k = 0; k < baseline.classes; ++k)
    sums += divergence(scores_at(baseline, i, k) - b, scores_at(candidate, i, k) - c);
  for (int lane = 0; lane < kLanes && i + lane < baseline.count; ++lane)
    found[i + lane] = sums[lane];
}

// ---- either ----

template <class T>
ACTSPARSE_INLINE void softmaxes(const ScoreBlock<T>& block, Softmax* found) {
  if (block.stride > 1)
    for (int64_t i = 0; i < block.count; i += kLanes) column_softmaxes(block, i, found);
  else
    for (int64_t i = 0; i < block.count; ++i)
      found[i] = row_softmax(block.data + i * block.classes, block.classes);
}

template <class T>
ACTSPARSE_INLINE void divergences(const ScoreBlock<T>& baseline, const Softmax* of_baseline,
                                  const ScoreBlock<T>& candidate, const Softmax* of_candidate,
                                  double* found) {
  const int64_t classes = baseline.classes;
  if (baseline.stride > 1)
    for (int64_t i = 0; i < baseline.count; i += kLanes)
      column_divergences(baseline, of_baseline, candidate, of_candidate, i, found);
  else
    for (int64_t i = 0; i < baseline.count; ++i)
      found[i] = row_divergence(baseline.data + i * classes, of_baseline[i].largest,
                                candidate.data + i * classes, of_candidate[i].largest, classes);
}

template <class T>
ACTSPARSE_INLINE int64_t count_before(const T* scores, int64_t classes, int64_t stride,
                                      int64_t at) {
  const T score = scores[at * stride];
  int before = 0, after = 0;
  for (int64_t c = 0; c < at; ++c) before += scores[c * stride] >= score ? 1 : 0;
  for (int64_t c = at + 1; c < classes; ++c) after += scores[c * stride] > score ? 1 : 0;
  return before + after;
}

template <class T>
ACTSPARSE_INLINE int64_t rank(const T* scores, int64_t classes, int64_t stride, int64_t at) {
  return stride == 1 ? count_before(scores, classes, 1, at)  // of which the compiler makes vectors
                     : count_before(scores, classes, stride, at);
}

}  // namespace

ACTSPARSE_FOR_EACH_PROCESSOR void find_softmaxes(const ScoreBlock<float>& scores, Softmax* found) {
  softmaxes(scores, found);
}
ACTSPARSE_FOR_EACH_PROCESSOR void find_softmaxes(const ScoreBlock<double>& scores, Softmax* found) {
  softmaxes(scores, found);
}

ACTSPARSE_FOR_EACH_PROCESSOR int64_t rank_of(const float* scores, int64_t classes, int64_t stride,
                                             int64_t at) {
  return rank(scores, classes, stride, at);
}
ACTSPARSE_FOR_EACH_PROCESSOR int64_t rank_of(const double* scores, int64_t classes, int64_t stride,
                                             int64_t at) {
  return rank(scores, classes, stride, at);
}

ACTSPARSE_FOR_EACH_PROCESSOR void find_divergences(const ScoreBlock<float>& baseline,
                                                   const Softmax* of_baseline,
                                                   const ScoreBlock<float>& candidate,
                                                   const Softmax* of_candidate, double* found) {
  divergences(baseline, of_baseline, candidate, of_candidate, found);
}
ACTSPARSE_FOR_EACH_PROCESSOR void find_divergences(const ScoreBlock<double>& baseline,
                                                   const Softmax* of_baseline,
                                                   const ScoreBlock<double>& candidate,
                                                   const Softmax* of_candidate, double* found) {
  divergences(baseline, of_baseline, candidate, of_candidate, found);
}

}  // namespace actsparse
