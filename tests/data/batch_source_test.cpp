#include "data/batch_source.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("batches in memory are given in order, again after rewind", "[data]") {
  const auto source =
      batches_in_memory({{at::arange(4), 1}, {at::arange(4), 2}, {at::arange(3), 3}});
  CHECK(source->batches() == 3);
  CHECK(source->samples() == 11);
  CHECK(source->ragged_last() == 3);
  for (int pass = 0; pass < 2; ++pass) {
    for (int64_t i = 1; i <= 3; ++i) {
      const auto batch = source->next();
      REQUIRE(batch);
      CHECK(batch->arguments.at(1).toInt() == i);
      CHECK(batch->samples == (i == 3 ? 3 : 4));
    }
    CHECK_FALSE(source->next());
    source->rewind();
  }
}

TEST_CASE("a batch in memory without a tensor has no samples", "[data]") {
  const auto source = batches_in_memory({{1, "a"}, {at::arange(3)[0]}});
  CHECK(source->next()->samples == 0);
  CHECK(source->next()->samples == 0);
}

TEST_CASE("a tensor without dimensions does not count samples", "[data]") {
  const auto source = batches_in_memory({{at::arange(3)[0], 16000, at::arange(8).reshape({4, 2})}});
  CHECK(source->next()->samples == 4);
  CHECK(source->samples() == 4);
}

TEST_CASE("the digest of batches in memory follows their values", "[data]") {
  const auto digest = [](std::vector<std::vector<c10::IValue>> batches) {
    return batches_in_memory(std::move(batches))->digest();
  };
  const std::string one = digest({{at::arange(4), 1}});
  CHECK(one.size() == 64);
  CHECK(digest({{at::arange(4), 1}}) == one);
  CHECK(digest({{at::arange(4), 2}}) != one);
  CHECK(digest({{at::arange(4).reshape({2, 2}), 1}}) != one);
  CHECK(digest({{at::arange(4)}, {1}}) != one);
}
