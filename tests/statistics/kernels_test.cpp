#include "statistics/kernels.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "statistics/exact_sums.h"
#include "statistics/grids.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

// Every table that this machine can run.
std::vector<const Kernels*> tables() {
  std::vector<const Kernels*> all = {&baseline_kernels};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back(&avx2_kernels);
#endif
  if (&best_kernels() != all.back()) all.push_back(&best_kernels());
  return all;
}

template <class T>
const TileKernels<T>& of(const Kernels& kernels) {
  if constexpr (std::is_same_v<T, float>)
    return kernels.of_float;
  else
    return kernels.of_double;
}

template <class T>
std::vector<T> numbers(size_t count, int spread) {
  std::mt19937 generator(static_cast<unsigned>(count) + static_cast<unsigned>(spread));
  std::normal_distribution<T> normal;
  std::uniform_int_distribution<int> exponents(-spread, 0);
  std::vector<T> x(count);
  for (T& value : x) value = std::ldexp(normal(generator), exponents(generator));
  return x;
}

double term_of(double x, Term term) {
  return term == Term::Square ? x * x : term == Term::Magnitude ? std::fabs(x) : x;
}

// Sums of small integers are exact in any order.
template <class T>
void check_sums_of_integers(const Kernels& kernels) {
  const int64_t rows = 5, columns = 77, stride = 80;
  std::vector<T> x(static_cast<size_t>(rows * stride));
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(static_cast<int>(i * 7 % 23) - 11);
  const Tile<T> tile{x.data(), rows, columns, stride};
  for (const Term term : {Term::Itself, Term::Magnitude, Term::Square}) {
    std::vector<double> by_row(rows), by_column(columns);
    CHECK(of<T>(kernels).sum_rows_once(tile, term, by_row.data()));
    CHECK(of<T>(kernels).sum_columns_once(tile, term, by_column.data()));
    std::vector<double> row_sums(rows), column_sums(columns);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        const double value = term_of(x[static_cast<size_t>(row * stride + column)], term);
        row_sums[static_cast<size_t>(row)] += value;
        column_sums[static_cast<size_t>(column)] += value;
      }
    CHECK(by_row == row_sums);
    CHECK(by_column == column_sums);
  }
}

}  // namespace

TEST_CASE("Every table of kernels sums integers exactly, and says so", "[statistics]") {
  for (const auto* kernels : tables()) {
    INFO(kernels->name);
    check_sums_of_integers<float>(*kernels);
    check_sums_of_integers<double>(*kernels);
  }
}

TEST_CASE("A sum that rounds is said to", "[statistics]") {
  for (const auto* kernels : tables()) {
    INFO(kernels->name);
    std::vector<float> x(64, 1.0F);
    x[3] = std::ldexp(1.0F, -60);
    double sum = 0;
    CHECK_FALSE(kernels->of_float.sum_rows_once({x.data(), 1, 64, 64}, Term::Itself, &sum));
    x[3] = 0;
    CHECK(kernels->of_float.sum_rows_once({x.data(), 1, 64, 64}, Term::Itself, &sum));
  }
}

TEST_CASE("The range of a tile bounds all its elements, and no more", "[statistics]") {
  for (const auto* kernels : tables()) {
    INFO(kernels->name);
    std::vector<float> x(100);
    x[17] = -5.0F;
    x[98] = 0.75F;
    const Range range = kernels->of_float.range({x.data(), 2, 50, 50});
    CHECK(range.is_finite);
    CHECK(range.top == 3);
    CHECK(range.low == -1 - 23);
    x[99] = std::numeric_limits<float>::denorm_min();
    CHECK(kernels->of_float.range({x.data(), 1, 100, 100}).low == -149);
    x[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK_FALSE(kernels->of_float.range({x.data(), 1, 100, 100}).is_finite);
  }
}

TEST_CASE("Sums in levels lose nothing", "[statistics]") {
  for (const auto* kernels : tables())
    for (const int spread : {0, 15, 30}) {
      INFO(kernels->name << ", spread " << spread);
      const auto x = numbers<float>(600, spread);
      const Tile<float> tile{x.data(), 1, 600, 600};
      for (const Term term : {Term::Itself, Term::Square}) {
        const auto grids = grids_for<float>(kernels->of_float.range(tile), term, 600);
        REQUIRE(grids.has_value());
        std::vector<double> sums(3);
        kernels->of_float.sum_rows(tile, term, *grids, sums.data());
        ExactSums expected(1), found(1);
        for (const float value : x) expected.add(0, term_of(value, term));
        for (const double sum : sums) found.add(0, sum);
        CHECK(found.parts_of(0) == expected.parts_of(0));
      }
    }
}

TEST_CASE("Counts and extremes of rows and columns", "[statistics]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const auto* kernels : tables()) {
    INFO(kernels->name);
    auto x = numbers<float>(3 * 21, 0);
    x[21 + 20] = nan;
    x[5] = 0;
    const Tile<float> tile{x.data(), 3, 21, 21};
    std::vector<int64_t> counts(21);
    kernels->of_float.count_rows(tile, 0, counts.data());
    CHECK(counts[0] == 20);
    CHECK(counts[1] == 21);
    kernels->of_float.count_columns(tile, 0, counts.data());
    CHECK(counts[5] == 2);
    CHECK(counts[20] == 3);
    std::vector<float> extremes(21);
    kernels->of_float.extreme_rows(tile, Term::Itself, -1, extremes.data());
    CHECK(extremes[0] == *std::min_element(x.begin(), x.begin() + 21));
    CHECK(std::isnan(extremes[1]));
    kernels->of_float.extreme_columns(tile, Term::Magnitude, 1, extremes.data());
    CHECK(extremes[2] == std::max({std::fabs(x[2]), std::fabs(x[23]), std::fabs(x[44])}));
    CHECK(std::isnan(extremes[20]));
  }
}

TEST_CASE("Halves and bfloat16 become the floats that they are", "[statistics]") {
  std::vector<uint16_t> bits(65536);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint16_t>(i);
  const auto same = [](float a, float b) {
    return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
  };
  for (const auto* kernels : tables()) {
    INFO(kernels->name);
    std::vector<float> halves(bits.size()), brains(bits.size());
    kernels->half_to_float(bits.data(), halves.data(), 65536);
    kernels->bfloat16_to_float(bits.data(), brains.data(), 65536);
    int wrong = 0;
    for (size_t i = 0; i < bits.size(); ++i) {
      wrong += !same(halves[i], c10::Half(bits[i], c10::Half::from_bits()));
      wrong += !same(brains[i], c10::BFloat16(bits[i], c10::BFloat16::from_bits()));
    }
    CHECK(wrong == 0);
  }
}
