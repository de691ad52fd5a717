#include "compact/visit.h"

#include <type_traits>

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("an edit cannot take along the visit, whose findings end before it runs", "[compact]") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Visit>);
  STATIC_REQUIRE(std::is_copy_constructible_v<Arguments>);
}
