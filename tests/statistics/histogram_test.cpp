#include "statistics/histogram.h"

#include <cmath>
#include <limits>
#include <random>

#include "support/catch.h"

using namespace actsparse;
using Counts = std::vector<int64_t>;

TEST_CASE("a histogram grows by joining bins", "[statistics]") {
  Histogram histogram(4);
  histogram.note(0.9);  // [0, 1)
  CHECK(histogram.exponent == 0);
  CHECK(histogram.counts == Counts{0, 0, 0, 1});
  histogram.note(-0.3);
  CHECK(histogram.counts == Counts{0, 1, 0, 1});
  histogram.note(1);  // at the end: [0, 2)
  CHECK(histogram.exponent == 1);
  CHECK(histogram.counts == Counts{1, 1, 1, 0});
  histogram.note(100);
  CHECK(histogram.exponent == 7);
  CHECK(histogram.counts == Counts{3, 0, 0, 1});
  CHECK(histogram.width() == 32);
}

TEST_CASE("a histogram's answers take |x| as spread evenly within a bin", "[statistics]") {
  Histogram histogram(4);
  for (const double x : {0.1, 0.3, 0.6, 0.6}) histogram.note(x);
  CHECK(histogram.counts == Counts{1, 1, 2, 0});
  CHECK(histogram.quantile(0.25) == 0.25);
  CHECK(histogram.quantile(0.75) == 0.625);
  CHECK(histogram.quantile(1) == 0.75);
  CHECK(histogram.share_above(0.25) == 0.75);
  CHECK(histogram.share_above(0.625) == 0.25);
  CHECK(histogram.share_above(5) == 0);
}

TEST_CASE("a histogram with NaN or infinity, or of nothing, answers NaN", "[statistics]") {
  Histogram empty(4), special(4);
  special.note(1);
  special.note(std::numeric_limits<double>::infinity());
  special.note(std::numeric_limits<double>::quiet_NaN());
  CHECK(special.specials == 2);
  for (const auto* histogram : {&empty, &special}) {
    CHECK(std::isnan(histogram->quantile(0.5)));
    CHECK(std::isnan(histogram->share_above(0.5)));
  }
}

TEST_CASE("bins are counted at any distance and in any number", "[statistics]") {
  std::mt19937 random(1);
  BinCounter counter;
  for (const int64_t number : {0, 1, 7, 5000, 64})
    for (const int64_t step : {1, 3}) {
      std::vector<int32_t> bins(static_cast<size_t>(number * step) + 1);
      for (auto& bin : bins) bin = random() % 2 == 0 ? 0 : static_cast<int32_t>(random() % 16);
      Counts counts(16, 2), expected(16, 2);
      counter.count(bins.data(), step, number, counts);
      for (int64_t i = 0; i < number; ++i)
        ++expected[static_cast<size_t>(bins[static_cast<size_t>(i * step)])];
      CHECK(counts == expected);
    }
}
