#include "statistics/exact_sums.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "statistics/kernels.h"

namespace actsparse {
namespace {

// The sum as doubles that do not overlap, the smallest first (Shewchuk's grow-expansion, as in
// Python's math.fsum).
std::vector<double> without_overlap(const std::vector<double>& terms) {
  std::vector<double> parts;
  for (double term : terms) {
    size_t used = 0;
    for (double part : parts) {
      if (std::fabs(term) < std::fabs(part)) std::swap(term, part);
      const double sum = term + part, lost = part - (sum - term);
      if (lost != 0) parts[used++] = lost;
      term = sum;
    }
    parts.resize(used);
    if (term != 0) parts.push_back(term);
  }
  return parts;
}

// The double nearest to their sum, half to even: adding the largest two rounds half to even, which
// is wrong if the rest lies on the far side.
double nearest(std::vector<double> parts) {
  if (parts.empty()) return 0;
  double sum = parts.back(), lost = 0;
  parts.pop_back();
  while (!parts.empty() && lost == 0) {
    const double larger = sum;
    sum = larger + parts.back();
    lost = parts.back() - (sum - larger);
    parts.pop_back();
  }
  if (parts.empty() || lost == 0 || (lost < 0) != (parts.back() < 0)) return sum;
  const double twice = lost * 2, other = sum + twice;
  return other - sum == twice ? other : sum;
}

}  // namespace

ExactSums::ExactSums(int64_t cells)
    : cells_(cells), parts_(2, std::vector<double>(static_cast<size_t>(cells))) {}

void ExactSums::append(int64_t cell, double term) {
  parts_.emplace_back(static_cast<size_t>(cells_));
  parts_.back()[static_cast<size_t>(cell)] = term;
}

void ExactSums::add_special(int64_t cell, double term) {
  specials_.resize(static_cast<size_t>(cells_));
  specials_[static_cast<size_t>(cell)] += term;
}

void ExactSums::add_row(int64_t first, double* terms, int64_t count) {
  for (auto& part : parts_)
    if (!best_kernels().add_exactly(part.data() + first, terms, count)) return;
  parts_.emplace_back(static_cast<size_t>(cells_));
  std::copy_n(terms, count, parts_.back().begin() + first);
}

std::vector<double> ExactSums::parts_of(int64_t cell) const {
  const auto at = static_cast<size_t>(cell);
  if (!specials_.empty() && !std::isfinite(specials_[at])) return {specials_[at]};
  std::vector<double> left;
  for (const auto& part : parts_)
    if (part[at] != 0) left.push_back(part[at]);
  if (left.size() == 1) return left;
  std::vector<double> parts;
  for (left = without_overlap(left); !left.empty(); left = without_overlap(left)) {
    parts.push_back(nearest(left));
    left.push_back(-parts.back());
  }
  return parts;
}

std::vector<std::vector<double>> ExactSums::canonical() const {
  std::vector<std::vector<double>> all(1, std::vector<double>(static_cast<size_t>(cells_)));
  for (int64_t cell = 0; cell < cells_; ++cell) {
    const auto parts = parts_of(cell);
    while (all.size() < parts.size()) all.emplace_back(static_cast<size_t>(cells_));
    for (size_t i = 0; i < parts.size(); ++i) all[i][static_cast<size_t>(cell)] = parts[i];
  }
  return all;
}

long double ExactSums::value(int64_t cell) const {
  const auto parts = parts_of(cell);
  long double sum = 0;
  for (size_t i = std::min<size_t>(parts.size(), 2); i > 0; --i) sum += parts[i - 1];
  return sum;
}

}  // namespace actsparse
