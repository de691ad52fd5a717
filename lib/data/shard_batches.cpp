#include "data/shard_batches.h"

#include <algorithm>
#include <utility>

namespace actsparse {
namespace {

class ShardBatches : public BatchSource {
 public:
  ShardBatches(std::unique_ptr<BatchSource> source, const Shard& shard)
      : source_(std::move(source)), shard_(shard) {
    source_->skip(shard_.index - 1);
  }

  std::optional<Batch> next() override {
    auto batch = source_->next();
    source_->skip(shard_.count - 1);
    return batch;
  }
  void skip(int64_t count) override { source_->skip(count * shard_.count); }
  void rewind() override {
    source_->rewind();
    source_->skip(shard_.index - 1);
  }
  int64_t batches() const override {
    const int64_t from_own_first = std::max<int64_t>(0, source_->batches() - shard_.index + 1);
    return (from_own_first + shard_.count - 1) / shard_.count;
  }
  int64_t total_batches() const override { return source_->batches(); }
  std::optional<int64_t> samples() const override { return std::nullopt; }
  int64_t ragged_last() const override { return source_->ragged_last(); }
  int64_t batch_bytes() const override { return source_->batch_bytes(); }
  std::string digest() const override { return source_->digest(); }
  std::string fingerprint() const override { return source_->fingerprint(); }

 private:
  std::unique_ptr<BatchSource> source_;
  Shard shard_;
};

}  // namespace

std::unique_ptr<BatchSource> shard_of(std::unique_ptr<BatchSource> source, const Shard& shard) {
  if (shard.is_whole()) return source;
  return std::make_unique<ShardBatches>(std::move(source), shard);
}

}  // namespace actsparse
