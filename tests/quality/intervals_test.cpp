#include "quality/intervals.h"

#include <cmath>
#include <random>

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("Wilson's interval is that of the textbooks", "[quality]") {
  const auto some = wilson(15, 148);  // Newcombe 1998 (two-sided intervals), table I
  CHECK(some.low == Approx(0.0624).margin(5e-5));
  CHECK(some.high == Approx(0.1605).margin(5e-5));
  const auto none = wilson(0, 20);
  CHECK(none.low == 0);
  CHECK(none.high == Approx(0.1611).margin(5e-5));
  const auto one = wilson(1, 29);
  CHECK(one.low == Approx(0.0061).margin(5e-5));
  CHECK(one.high == Approx(0.1718).margin(5e-5));
}

TEST_CASE("Wilson's interval of none and all ends at 0 and 1", "[quality]") {
  for (const int64_t n : {1, 7, 1000, 123456789}) {
    CHECK(wilson(0, n).low == 0);
    CHECK(wilson(n, n).high == 1);
    CHECK(wilson(n, n).low == Approx(1 - wilson(0, n).high));
  }
}

TEST_CASE("A paired difference's interval is mirrored when the models change places", "[quality]") {
  const auto there = paired_difference({200, 150, 130, 120}),
             back = paired_difference({200, 130, 150, 120});
  CHECK(there.low == Approx(-back.high));
  CHECK(there.high == Approx(-back.low));
  CHECK(there.low < 0.1);
  CHECK(there.high > 0.1);
}

TEST_CASE("Models that err together have a narrower difference than those that do not",
          "[quality]") {
  const auto width = [](const Interval& x) { return x.high - x.low; };
  CHECK(width(paired_difference({1000, 800, 790, 790})) <
        0.5 * width(paired_difference({1000, 800, 790, 632})));
}

TEST_CASE("A paired difference's interval holds the true one about 95 times of 100", "[quality]") {
  std::mt19937 generator(5);
  const double both = 0.80, first_only = 0.08, second_only = 0.03;
  std::discrete_distribution<int> outcome({both, first_only, second_only, 0.09});
  int held = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    PairedCounts counts{300, 0, 0, 0};
    for (int i = 0; i < 300; ++i) {
      const int found = outcome(generator);
      counts.first += found == 0 || found == 1;
      counts.second += found == 0 || found == 2;
      counts.both += found == 0;
    }
    const auto interval = paired_difference(counts);
    held += interval.low <= first_only - second_only && interval.high >= first_only - second_only;
  }
  CHECK(held > 0.94 * 2000);
  CHECK(held < 0.975 * 2000);
}

TEST_CASE("Mean and spread give a normal interval", "[quality]") {
  CHECK(variance(6, 14, 3) == 1);  // of 1, 2, 3
  CHECK(std::isnan(variance(6, 36, 1)));
  CHECK(variance(0.3L, 0.03L, 3) >= 0);
  const auto interval = normal(2, 1, 4);
  CHECK(interval.low == Approx(2 - 1.959964 / 2));
  CHECK(interval.high == Approx(2 + 1.959964 / 2));
}
