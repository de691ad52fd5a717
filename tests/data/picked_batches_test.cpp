#include "data/picked_batches.h"

#include <ATen/ops/full.h>

#include "support/catch.h"

using namespace actsparse;

namespace {

std::unique_ptr<BatchSource> counted(int64_t count) {
  std::vector<std::vector<c10::IValue>> batches;
  for (int64_t i = 0; i < count; ++i) batches.push_back({at::full({2}, i)});
  return batches_in_memory(std::move(batches));
}

std::vector<int64_t> all_of(BatchSource& source) {
  std::vector<int64_t> numbers;
  while (const auto batch = source.next())
    numbers.push_back(batch->arguments[0].toTensor()[0].item<int64_t>());
  return numbers;
}

bool is_third(int64_t number) { return number % 3 == 2; }

}  // namespace

TEST_CASE("some batches are picked, the others are not there", "[data]") {
  const auto picked = picked_batches(counted(9), is_third);
  CHECK(picked->batches() == 3);
  CHECK(all_of(*picked) == std::vector<int64_t>{2, 5, 8});
  CHECK_FALSE(picked->next());
  picked->rewind();
  picked->skip(1);
  CHECK(all_of(*picked) == std::vector<int64_t>{5, 8});
  picked->rewind();
  picked->skip(9);
  CHECK_FALSE(picked->next());
  CHECK(picked_batches(counted(2), is_third)->batches() == 0);
}

TEST_CASE("what is picked and what is not are all there is", "[data]") {
  auto picked = all_of(*picked_batches(counted(10), is_third));
  const auto others = all_of(*picked_batches(counted(10), [](int64_t i) { return !is_third(i); }));
  picked.insert(picked.end(), others.begin(), others.end());
  std::sort(picked.begin(), picked.end());
  CHECK(picked == all_of(*counted(10)));
}
