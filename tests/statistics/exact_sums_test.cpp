#include "statistics/exact_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "support/catch.h"

using namespace actsparse;

namespace {

// Doubles of very different sizes, whose sum nearly cancels.
std::vector<double> wild_terms(unsigned seed, int count) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> digits(-1, 1);
  std::uniform_int_distribution<int> exponents(-300, 300);
  std::vector<double> terms;
  for (int i = 0; i < count; ++i) {
    terms.push_back(std::ldexp(digits(generator), exponents(generator)));
    if (i % 3 != 0) terms.push_back(-terms.back());
  }
  std::shuffle(terms.begin(), terms.end(), generator);
  return terms;
}

std::vector<double> parts_of(const std::vector<double>& terms) {
  ExactSums sums(1);
  for (const double term : terms) sums.add(0, term);
  return sums.parts_of(0);
}

}  // namespace

TEST_CASE("An exact sum does not depend on the order of its terms", "[statistics]") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    auto terms = wild_terms(seed, 60);
    const auto parts = parts_of(terms);
    std::sort(terms.begin(), terms.end());
    CHECK(parts_of(terms) == parts);
    std::reverse(terms.begin(), terms.end());
    CHECK(parts_of(terms) == parts);
  }
}

TEST_CASE("What plain addition loses is kept", "[statistics]") {
  CHECK(parts_of({1e100, 1, -1e100}) == std::vector<double>{1});
  CHECK(parts_of({1, 1e-30, -1}) == std::vector<double>{1e-30});
  CHECK(parts_of({1, 1e-30}) == std::vector<double>{1, 1e-30});
  CHECK(parts_of({3, -3}).empty());
  CHECK(parts_of({}).empty());
}

TEST_CASE("The first part is the sum rounded once, half to even", "[statistics]") {
  const double half = std::ldexp(1.0, -53), tiny = std::ldexp(1.0, -110), ulp = 2 * half;
  CHECK(parts_of({1, half})[0] == 1);
  CHECK(parts_of({1, half, tiny})[0] == 1 + ulp);
  CHECK(parts_of({1 + ulp, half, -tiny})[0] == 1 + ulp);
  CHECK(parts_of({1 + ulp, half})[0] == 1 + 2 * ulp);
}

TEST_CASE("A sum of sums is the sum of all, part for part", "[statistics]") {
  const auto a = wild_terms(1, 40), b = wild_terms(2, 40);
  auto all = a;
  all.insert(all.end(), b.begin(), b.end());
  ExactSums joined(1);
  for (const auto& part : {parts_of(a), parts_of(b)})
    for (const double term : part) joined.add(0, term);
  CHECK(joined.parts_of(0) == parts_of(all));
}

TEST_CASE("Infinities and NaN come out as from plain addition", "[statistics]") {
  const double infinity = std::numeric_limits<double>::infinity();
  ExactSums sums(3);
  for (int64_t cell = 0; cell < 3; ++cell) sums.add(cell, 1);
  sums.add_special(0, infinity);
  sums.add_special(1, infinity);
  sums.add_special(1, -infinity);
  CHECK(sums.parts_of(0) == std::vector<double>{infinity});
  CHECK(std::isnan(sums.parts_of(1).at(0)));
  CHECK(sums.parts_of(2) == std::vector<double>{1});
}

TEST_CASE("Rows of terms add up like single ones", "[statistics]") {
  constexpr int64_t kCells = 37;
  ExactSums by_row(kCells), by_cell(kCells);
  for (unsigned seed = 0; seed < 40; ++seed) {
    auto terms = wild_terms(seed, kCells);
    terms.resize(kCells - 2);
    for (int64_t i = 0; i < kCells - 2; ++i) by_cell.add(i + 2, terms[static_cast<size_t>(i)]);
    by_row.add_row(2, terms.data(), kCells - 2);
  }
  CHECK(by_row.canonical() == by_cell.canonical());
}
