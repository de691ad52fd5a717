#include "sparsifier/batch_runs.h"

#include <random>

#include "support/catch.h"

using namespace actsparse;
using Numbers = std::vector<int64_t>;

TEST_CASE("batches survive being written as runs", "[sparsifier]") {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    Numbers batches;
    for (int64_t i = 0; i < 40; ++i)
      if (random() % 3 == 0) batches.push_back(i);
    CHECK(batches_in(runs_of(batches)) == batches);
  }
}

TEST_CASE("what was strided is one run", "[sparsifier]") {
  for (const auto& batches : {Numbers{0, 1, 2, 3}, Numbers{1, 4, 7}, Numbers{5}}) {
    const auto runs = runs_of(batches);
    REQUIRE(runs.size() == 1);
    CHECK(runs[0].count == static_cast<int64_t>(batches.size()));
  }
  CHECK(runs_of({}).empty());
  CHECK(batches_in({{0, 2, 3}, {2, 1, 1}}) == Numbers{0, 2, 2, 4});
}

TEST_CASE("batches are told as people count them", "[sparsifier]") {
  CHECK(batches_text({2}) == "batch 3");
  CHECK(batches_text({0, 4}) == "batches 1, 5");
  CHECK(batches_text({0, 1, 2, 3, 4, 5, 6, 7, 8}) ==
        "batches 1, 2, 3, 4, 5, 6, 7, 8, ... (9 in all)");
}
