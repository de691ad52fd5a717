#include "statistics/grids.h"

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("Terms of about one size need one level", "[statistics]") {
  const auto grids = grids_for<float>({2, -30, true}, Term::Itself, 1024);
  REQUIRE(grids.has_value());
  CHECK(grids->levels == 1);
}

TEST_CASE("Squares and small terms need more levels, and too small ones are given up",
          "[statistics]") {
  const auto levels = [](int low, Term term) {
    const auto grids = grids_for<float>({2, low, true}, term, 1024);
    return grids ? grids->levels : 0;
  };
  CHECK(levels(-30, Term::Square) == 2);
  CHECK(levels(-60, Term::Magnitude) == 2);
  CHECK(levels(-120, Term::Itself) == 3);
  CHECK(levels(-149, Term::Square) == 0);
}

TEST_CASE("A range with NaN, or near the end of doubles, has no grids", "[statistics]") {
  CHECK_FALSE(grids_for<float>({2, -30, false}, Term::Itself, 8).has_value());
  CHECK_FALSE(grids_for<double>({1020, 1000, true}, Term::Itself, 8).has_value());
  CHECK_FALSE(grids_for<double>({600, 590, true}, Term::Square, 8).has_value());
}
