#pragma once
// One cell of a histogram statistic.
#include <cmath>
#include <cstdint>
#include <vector>

namespace actsparse {

/// Counts of |x| in equal bins (a power of two) of [0, 2^exponent), and how many were NaN or
/// infinite.
struct Histogram {
  static constexpr int kLowestExponent = -200;  ///< an upper end below any |x| that matters
  static constexpr int kHighestExponent = 1023;

  int exponent = kLowestExponent;
  int64_t specials = 0;
  std::vector<int64_t> counts;

  double end = std::ldexp(1.0, kLowestExponent);  ///< 2^exponent
  double bins_per_unit = 0;                       ///< exact: both are powers of two

  explicit Histogram(size_t bins) : counts(bins) { scale(); }

  double width() const { return end / static_cast<double>(counts.size()); }

  /// To 2^wanted, at least 2^exponent: two bins become one for every step.
  void grow_to(int wanted);
  /// To hold `size`, which is finite.
  void reach(double size) {
    if (size >= end) grow_to(std::ilogb(size) + 1);
  }
  void note(double x);

  /// |x| below which a share q of the elements lies; NaN if there are specials or no elements.
  double quantile(double q) const;
  /// Share of the elements with |x| above `threshold`; NaN likewise.
  double share_above(double threshold) const;

 private:
  void scale();
  bool all_in_first() const;
};

/// Counts which bins were found. Adding to one counter again and again waits each time for the last
/// addition, and zeros are many after a ReLU: so the first bin is counted apart.
class BinCounter {
 public:
  /// ++counts[bin] for the bins[0], bins[step], ... of `number` elements.
  void count(const int32_t* bins, int64_t step, int64_t number, std::vector<int64_t>& counts);

 private:
  std::vector<int32_t> others_;
};

}  // namespace actsparse
