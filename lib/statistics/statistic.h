#pragma once
// Streaming statistics: numbers per cell that take in tensors of any size, in any order and any
// grouping, with the same result bit for bit.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "statistics/tiles.h"

namespace actsparse {

/// Not thread safe; threads take tiles into statistics of their own, which are added up.
class Statistic : public TileTaker {
 public:
  /// The same statistic with nothing taken in.
  virtual std::unique_ptr<Statistic> fresh() const = 0;
  /// All that is kept: float64 of shape [rows, cells]; equal statistics have equal rows.
  virtual at::Tensor rows() const = 0;
  /// Takes in what another statistic of the same kind and number of cells kept. Throws
  /// Error(State) if these cannot be its rows.
  virtual void add(const at::Tensor& rows) = 0;
  /// The statistic of `elements` elements per cell: float64 of shape [cells].
  virtual at::Tensor value(double elements) const = 0;
};

/// What becomes of sums (one per term, each exact to 2^-64) over n elements.
using Finish = std::function<double(const std::vector<long double>& sums, long double n)>;

/// Sums of terms, exact whatever the order (exact_sums.h). Squares of float64 are rounded first.
std::unique_ptr<Statistic> sum_statistic(int64_t cells, std::vector<Term> terms, Finish finish);

/// Share of elements that are not |x| <= threshold.
std::unique_ptr<Statistic> count_statistic(int64_t cells, double threshold);

/// Largest (sign 1) or smallest (sign -1) x or |x|; never beyond `start` on the other side.
std::unique_ptr<Statistic> extreme_statistic(int64_t cells, Term term, int sign, double start);

/// What a histogram answers: the q-quantile of |x|, or the share of |x| above a threshold.
struct HistogramQuestion {
  bool is_quantile = true;
  double at = 0.5;
};
/// Counts of |x| in `bins` (a power of two) equal bins from 0 to a power of two, which doubles, two
/// bins becoming one, when a larger |x| comes: so the bins do not depend on the order. Within a bin
/// |x| is taken as spread evenly. A cell with NaN or infinity answers NaN.
std::unique_ptr<Statistic> histogram_statistic(int64_t cells, int64_t bins,
                                               const HistogramQuestion& question);

/// Feeds `tensor` (see Tiles) with ATen's threads.
void feed(Statistic& statistic, const at::Tensor& tensor, const std::vector<bool>& reduced);

}  // namespace actsparse
