#include "base/saturating.h"

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("Sizes that are too large stay the largest", "[base]") {
  const int64_t most = std::numeric_limits<int64_t>::max();
  CHECK(saturating_product(3, 4) == 12);
  CHECK(saturating_product(most, 0) == 0);
  CHECK(saturating_product(int64_t{1} << 32, int64_t{1} << 31) == most);
  CHECK(saturating_sum(3, 4) == 7);
  CHECK(saturating_sum(most, 1) == most);
}
