#include "quality/intervals.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actsparse {
namespace {

constexpr double kZ = 1.959963984540054;  // 97.5 % of a normal distribution lies below

// Of the two models' being right, with Newcombe's correction for continuity.
double correlation(const PairedCounts& counts) {
  const auto n = static_cast<double>(counts.n), first = static_cast<double>(counts.first),
             second = static_cast<double>(counts.second), both = static_cast<double>(counts.both);
  const double margins = first * (n - first) * second * (n - second);
  if (margins == 0) return 0;
  const double neither = n - first - second + both;
  const double product = both * neither - (first - both) * (second - both);
  const double corrected = product > 0 ? std::max(product - n / 2, 0.0) : product;
  return corrected / std::sqrt(margins);
}

double together(double a, double b, double phi) {
  return std::sqrt(std::max(a * a - 2 * phi * a * b + b * b, 0.0));
}

}  // namespace

Interval wilson(int64_t hits, int64_t count) {
  const auto n = static_cast<double>(count);
  const double rate = static_cast<double>(hits) / n, z2 = kZ * kZ;
  const double centre = (rate + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kZ * std::sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n);
  return {hits == 0 ? 0 : std::max(centre - half, 0.0),
          hits == count ? 1 : std::min(centre + half, 1.0)};
}

Interval paired_difference(const PairedCounts& counts) {
  const auto n = static_cast<double>(counts.n);
  const double p = static_cast<double>(counts.first) / n,
               q = static_cast<double>(counts.second) / n;
  const auto a = wilson(counts.first, counts.n), b = wilson(counts.second, counts.n);
  const double phi = correlation(counts), difference = p - q;
  return {difference - together(p - a.low, b.high - q, phi),
          difference + together(a.high - p, q - b.low, phi)};
}

double variance(long double sum, long double squares, int64_t n) {
  if (n < 2) return std::numeric_limits<double>::quiet_NaN();
  const auto spread = static_cast<double>((squares - sum * sum / n) / (n - 1));
  return spread < 0 ? 0 : spread;
}

Interval normal(double mean, double variance, int64_t n) {
  const double half = kZ * std::sqrt(variance / static_cast<double>(n));
  return {mean - half, mean + half};
}

}  // namespace actsparse
