#include "statistics/kept_histogram.h"

#include <cmath>

#include "base/error.h"
#include "statistics/kept_rows.h"

namespace actsparse {

void check_histograms(const at::Tensor& rows, int64_t cells) {
  check_rows(rows, cells, rows.size(0) > kFirstBin);
  for (int64_t row = 1; row < rows.size(0); ++row) check_counts(rows, row);
}

Histogram kept_histogram(const at::Tensor& rows, int64_t cell) {
  const double exponent = row_of(rows, 0)[cell];
  if (!(exponent >= Histogram::kLowestExponent && exponent <= Histogram::kHighestExponent) ||
      std::floor(exponent) != exponent)
    throw Error(ErrorKind::State, "the histogram's range is damaged; calibrate again");
  Histogram histogram(static_cast<size_t>(rows.size(0) - kFirstBin));
  histogram.grow_to(static_cast<int>(exponent));
  histogram.specials = static_cast<int64_t>(row_of(rows, 1)[cell]);
  for (size_t bin = 0; bin < histogram.counts.size(); ++bin)
    histogram.counts[bin] =
        static_cast<int64_t>(row_of(rows, kFirstBin + static_cast<int64_t>(bin))[cell]);
  return histogram;
}

}  // namespace actsparse
