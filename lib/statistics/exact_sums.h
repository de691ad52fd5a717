#pragma once
// Sums without rounding. A cell's sum is kept as several doubles, whose exact sum it is: what a
// rounded addition loses (Knuth's TwoSum) goes into the next one (Shewchuk: Adaptive precision
// floating-point arithmetic, 1997). So neither the order of additions nor their grouping shows.
#include <cstdint>
#include <vector>

namespace actsparse {

/// One sum per cell. Not thread safe.
class ExactSums {
 public:
  explicit ExactSums(int64_t cells);
  int64_t cells() const { return cells_; }

  /// `term` must be finite.
  void add(int64_t cell, double term) {
    for (auto& part : parts_) {
      const double old = part[cell], sum = old + term, shadow = sum - old;
      part[cell] = sum;
      term = (old - (sum - shadow)) + (term - shadow);
      if (term == 0) return;
    }
    append(cell, term);
  }
  /// Infinity or NaN: the cell's sum is then theirs, as in plain addition.
  void add_special(int64_t cell, double term);
  /// To the cells from `first` on; `terms` must be finite and are destroyed.
  void add_row(int64_t first, double* terms, int64_t count);

  /// The exact sum in as few doubles as it takes, each the nearest to what is left: equal sums have
  /// equal parts. The first is the sum, rounded once (half to even).
  std::vector<double> parts_of(int64_t cell) const;
  /// All of them, parts_of() padded with zeros: canonical()[part][cell]; at least one part.
  std::vector<std::vector<double>> canonical() const;
  /// The first two of parts_of() together.
  long double value(int64_t cell) const;

 private:
  void append(int64_t cell, double term);

  int64_t cells_;
  std::vector<std::vector<double>> parts_;
  std::vector<double> specials_;  // empty until there is one
};

}  // namespace actsparse
