#include "statistics/histogram.h"

#include <algorithm>
#include <limits>

namespace actsparse {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void Histogram::scale() {
  end = std::ldexp(1.0, exponent);
  bins_per_unit = static_cast<double>(counts.size()) / end;
}

bool Histogram::all_in_first() const {
  return std::all_of(counts.begin() + 1, counts.end(), [](int64_t count) { return count == 0; });
}

void Histogram::grow_to(int wanted) {
  const size_t bins = counts.size();
  for (; exponent < wanted && !all_in_first(); ++exponent) {
    for (size_t bin = 0; bin < bins / 2; ++bin) counts[bin] = counts[2 * bin] + counts[2 * bin + 1];
    std::fill(counts.begin() + static_cast<int64_t>(bins / 2), counts.end(), 0);
  }
  exponent = wanted;
  scale();
}

void Histogram::note(double x) {
  const double size = std::fabs(x);
  if (!std::isfinite(size)) {
    ++specials;
    return;
  }
  reach(size);
  ++counts[static_cast<size_t>(std::ldexp(size * static_cast<double>(counts.size()), -exponent))];
}

double Histogram::quantile(double q) const {
  double total = 0;
  for (const int64_t count : counts) total += static_cast<double>(count);
  if (specials > 0 || total == 0) return kNaN;
  if (exponent == kLowestExponent) return 0;  // nothing but zeros
  double below = 0;
  for (size_t bin = 0; bin < counts.size(); ++bin) {
    const auto count = static_cast<double>(counts[bin]);
    if (count > 0 && below + count >= q * total)
      return (static_cast<double>(bin) + (q * total - below) / count) * width();
    below += count;
  }
  return end;
}

double Histogram::share_above(double threshold) const {
  double total = 0, above = 0;
  const double place = threshold / width();
  for (size_t bin = 0; bin < counts.size(); ++bin) {
    const auto count = static_cast<double>(counts[bin]), first = static_cast<double>(bin);
    total += count;
    above += count * std::clamp(first + 1 - place, 0.0, 1.0);
  }
  return specials > 0 || total == 0 ? kNaN : above / total;
}

void BinCounter::count(const int32_t* bins, int64_t step, int64_t number,
                       std::vector<int64_t>& counts) {
  if (static_cast<int64_t>(others_.size()) < number) others_.resize(static_cast<size_t>(number));
  int32_t* const first = others_.data();
  int32_t* last = first;
  for (int64_t i = 0; i < number; ++i) {  // no branch: which are zero cannot be foreseen
    *last = bins[i * step];
    last += *last != 0 ? 1 : 0;
  }
  counts[0] += number - (last - first);
  for (const int32_t* bin = first; bin != last; ++bin) ++counts[static_cast<size_t>(*bin)];
}

}  // namespace actsparse
