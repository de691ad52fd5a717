#include "data/shard_batches.h"

#include <ATen/ops/full.h>

#include "data/read_ahead.h"
#include "support/catch.h"

using namespace actsparse;
using Numbers = std::vector<int64_t>;

namespace {

std::unique_ptr<BatchSource> numbered(int64_t count) {
  std::vector<std::vector<c10::IValue>> batches;
  for (int64_t i = 1; i <= count; ++i) batches.push_back({at::full({2}, i)});
  return batches_in_memory(std::move(batches));
}

Numbers rest_of(BatchSource& source) {
  Numbers numbers;
  while (const auto batch = source.next())
    numbers.push_back(batch->arguments[0].toTensor()[0].item<int64_t>());
  return numbers;
}

}  // namespace

TEST_CASE("shards take turns and leave no batch out", "[data]") {
  for (const int64_t count : {1, 2, 3, 7})
    for (const int64_t batches : {0, 1, 5, 12}) {
      Numbers all;
      for (int64_t index = 1; index <= count; ++index) {
        const auto shard = shard_of(numbered(batches), {index, count});
        CHECK(shard->total_batches() == batches);
        const auto numbers = rest_of(*shard);
        CHECK(static_cast<int64_t>(numbers.size()) == shard->batches());
        for (size_t i = 0; i < numbers.size(); ++i)
          CHECK(numbers[i] == index + static_cast<int64_t>(i) * count);
        all.insert(all.end(), numbers.begin(), numbers.end());
      }
      CHECK(static_cast<int64_t>(all.size()) == batches);
    }
}

TEST_CASE("a shard is skipped and rewound in its own batches", "[data]") {
  for (const bool ahead : {false, true}) {
    auto shard = shard_of(numbered(11), {2, 3});
    if (ahead) shard = read_ahead(std::move(shard));
    CHECK(shard->batches() == 4);
    shard->skip(1);
    CHECK(rest_of(*shard) == Numbers{5, 8, 11});
    shard->rewind();
    CHECK(shard->next());
    shard->skip(2);
    CHECK(rest_of(*shard) == Numbers{11});
    shard->rewind();
    shard->skip(100);
    CHECK_FALSE(shard->next());
    shard->rewind();
    CHECK(rest_of(*shard) == Numbers{2, 5, 8, 11});
    CHECK(shard->total_batches() == 11);
  }
}
