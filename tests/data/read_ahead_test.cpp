#include "data/read_ahead.h"

#include <ATen/ATen.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "support/catch.h"

using namespace actsparse;

namespace {

// Batches 1 .. count; the `failing`th throws instead.
class Counting : public BatchSource {
 public:
  Counting(int64_t count, std::atomic<int64_t>& given, int64_t failing = 0)
      : count_(count), failing_(failing), given_(given) {}
  std::optional<Batch> next() override {
    if (next_ == count_) return std::nullopt;
    if (++next_ == failing_) throw Error(ErrorKind::Data, "batch is broken");
    ++given_;
    return Batch{{at::full({1}, next_)}, 1, "batch " + std::to_string(next_)};
  }
  void rewind() override { next_ = 0; }
  void skip(int64_t count) override { next_ = std::min(count_, next_ + count); }
  int64_t batches() const override { return count_; }
  std::optional<int64_t> samples() const override { return count_; }
  int64_t ragged_last() const override { return 0; }
  std::string digest() const override { return "digest"; }
  std::string fingerprint() const override { return "fingerprint"; }

 private:
  int64_t count_, failing_, next_ = 0;
  std::atomic<int64_t>& given_;
};

std::vector<std::string> origins(BatchSource& source) {
  std::vector<std::string> names;
  while (const auto batch = source.next()) names.push_back(batch->origin);
  return names;
}

}  // namespace

TEST_CASE("reading ahead gives the same batches, again after a rewind", "[data]") {
  std::atomic<int64_t> given{0};
  const auto source = read_ahead(std::make_unique<Counting>(5, given));
  const std::vector<std::string> all = {"batch 1", "batch 2", "batch 3", "batch 4", "batch 5"};
  CHECK(origins(*source) == all);
  CHECK_FALSE(source->next());
  source->rewind();
  CHECK(source->next()->origin == "batch 1");
  source->rewind();  // in the middle
  CHECK(origins(*source) == all);
  CHECK(source->batches() == 5);
  CHECK(source->digest() == "digest");
}

TEST_CASE("reading ahead stops at its depth, and at the end of its life", "[data]") {
  std::atomic<int64_t> given{0};
  {
    const auto source = read_ahead(std::make_unique<Counting>(1000, given), 2);
    CHECK(given == 0);  // nothing is read before the first batch is asked for
    source->next();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(given <= 3);  // taken, and two that wait
  }
  CHECK(given <= 3);
}

TEST_CASE("an error comes where the batch would have come, and ends the batches", "[data]") {
  std::atomic<int64_t> given{0};
  const auto source = read_ahead(std::make_unique<Counting>(5, given, 3));
  CHECK(source->next()->origin == "batch 1");
  CHECK(source->next()->origin == "batch 2");
  CHECK_THROWS_AS(source->next(), Error);
  CHECK_FALSE(source->next());
}
