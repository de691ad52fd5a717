#include "statistics/histogram_mixture.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "statistics/histogram.h"
#include "statistics/kept_histogram.h"
#include "statistics/kept_rows.h"

namespace actsparse {
namespace {

std::vector<double> running_sums(const std::vector<int64_t>& counts) {
  std::vector<double> sums = {0};
  for (const int64_t count : counts) sums.push_back(sums.back() + static_cast<double>(count));
  return sums;
}

}  // namespace

HistogramMixture::HistogramMixture(const at::Tensor& rows, const at::Tensor& factors) {
  check_histograms(rows, factors.numel());
  const at::Tensor scales = factors.contiguous();
  for (int64_t i = 0; i < factors.numel(); ++i) {
    const Histogram histogram = kept_histogram(rows, i);
    const bool is_zero = histogram.exponent == Histogram::kLowestExponent;
    const double factor = is_zero ? 0 : scales.data_ptr<double>()[i];
    cells_.push_back({histogram.width() * factor, running_sums(histogram.counts)});
    total_ += cells_.back().up_to.back();
    has_specials_ |= histogram.specials > 0;
  }
}

double HistogramMixture::Cell::count_up_to(double size) const {
  const size_t bins = up_to.size() - 1;
  if (width == 0 || size >= width * static_cast<double>(bins)) return up_to.back();
  const double place = size / width;
  const auto bin = std::min(static_cast<size_t>(place), bins - 1);
  return up_to[bin] + (place - static_cast<double>(bin)) * (up_to[bin + 1] - up_to[bin]);
}

double HistogramMixture::count_up_to(double size) const {
  double count = 0;
  for (const auto& cell : cells_) count += cell.count_up_to(size);
  return count;
}

double HistogramMixture::end() const {
  double end = 0;
  for (const auto& cell : cells_)
    end = std::max(end, cell.width * static_cast<double>(cell.up_to.size() - 1));
  return end;
}

double HistogramMixture::share_up_to(double size) const {
  if (has_specials_ || total_ == 0) return std::numeric_limits<double>::quiet_NaN();
  return count_up_to(size) / total_;
}

double HistogramMixture::quantile(double q) const {
  if (has_specials_ || total_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const double wanted = q * total_;
  if (count_up_to(0) >= wanted) return 0;
  double low = 0, high = end();
  for (;;) {  // until they are neighbours
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    (count_up_to(middle) >= wanted ? high : low) = middle;
  }
}

}  // namespace actsparse
