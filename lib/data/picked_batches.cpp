#include "data/picked_batches.h"

#include <utility>

namespace actsparse {
namespace {

class PickedBatches final : public BatchSource {
 public:
  PickedBatches(std::unique_ptr<BatchSource> source, std::function<bool(int64_t)> picks)
      : source_(std::move(source)), picks_(std::move(picks)) {}

  std::optional<Batch> next() override {
    go_to_picked();
    ++next_;
    return source_->next();
  }

  void rewind() override {
    source_->rewind();
    next_ = 0;
  }

  void skip(int64_t count) override {
    for (; count > 0 && next_ < source_->batches(); --count) {
      go_to_picked();
      source_->skip(1);
      ++next_;
    }
  }

  int64_t batches() const override {
    int64_t count = 0;
    for (int64_t i = 0; i < source_->batches(); ++i) count += picks_(i) ? 1 : 0;
    return count;
  }

  int64_t batch_bytes() const override { return source_->batch_bytes(); }
  std::optional<int64_t> samples() const override { return std::nullopt; }
  int64_t ragged_last() const override { return source_->ragged_last(); }
  std::string digest() const override { return source_->digest(); }
  std::string fingerprint() const override { return source_->fingerprint(); }

 private:
  void go_to_picked() {
    int64_t skipped = 0;
    for (; next_ < source_->batches() && !picks_(next_); ++next_) ++skipped;
    if (skipped > 0) source_->skip(skipped);
  }

  std::unique_ptr<BatchSource> source_;
  std::function<bool(int64_t)> picks_;
  int64_t next_ = 0;  // of the source
};

}  // namespace

std::unique_ptr<BatchSource> picked_batches(std::unique_ptr<BatchSource> source,
                                            std::function<bool(int64_t)> picks) {
  return std::make_unique<PickedBatches>(std::move(source), std::move(picks));
}

}  // namespace actsparse
