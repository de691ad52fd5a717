#include "data/batch_source.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "data/batch_files.h"
#include "data/batched_inputs.h"
#include "data/data_digest.h"
#include "data/read_ahead.h"
#include "data/shard_batches.h"
#include "data/value_batch.h"

namespace actsparse {
namespace {

// Labels are one more input: counted, cut into batches and shards like the others.
DataConfig with_labels(DataConfig config, const FileInput* labels) {
  if (labels != nullptr) config.inputs.emplace_back(*labels);
  return config;
}

class MemoryBatches : public BatchSource {
 public:
  explicit MemoryBatches(std::vector<std::vector<c10::IValue>> batches)
      : batches_(std::move(batches)) {
    for (const auto& batch : batches_) sizes_.push_back(batch_size_of(batch));
  }

  std::optional<Batch> next() override {
    if (next_ == batches_.size()) return std::nullopt;
    const auto& arguments = batches_[next_++];
    return value_batch(arguments, "batch " + std::to_string(next_) + " (in memory)");
  }
  void rewind() override { next_ = 0; }
  void skip(int64_t count) override {
    next_ = std::min(batches_.size(), next_ + static_cast<size_t>(count));
  }
  int64_t batches() const override { return static_cast<int64_t>(batches_.size()); }
  std::optional<int64_t> samples() const override {
    return std::accumulate(sizes_.begin(), sizes_.end(), int64_t{0});
  }
  int64_t ragged_last() const override { return smaller_last(sizes_); }
  std::string digest() const override { return digest_of_values(batches_); }
  std::string fingerprint() const override { return digest(); }

 private:
  std::vector<std::vector<c10::IValue>> batches_;
  std::vector<int64_t> sizes_;  // samples in each
  size_t next_ = 0;
};

std::unique_ptr<BatchSource> open_all(const DataConfig& config, const FileInput* labels,
                                      const Shard& shard) {
  if (config.inputs.empty() == config.batches.empty())
    throw Error(ErrorKind::Data, "data: give either inputs or batches");
  if (config.batch_size < 1 || config.limit.value_or(1) < 1)
    throw Error(ErrorKind::Data, "data: batch_size and limit must be at least 1");
  auto source = config.inputs.empty() ? open_batch_files(config, labels)
                                      : open_batched_inputs(with_labels(config, labels));
  source = shard_of(std::move(source), shard);
  return source->batches() > 1 ? read_ahead(std::move(source)) : std::move(source);
}

}  // namespace

std::unique_ptr<BatchSource> open_batches(const DataConfig& config, const Shard& shard) {
  return open_all(config, nullptr, shard);
}

std::unique_ptr<BatchSource> open_labelled_batches(const DataConfig& config,
                                                   const FileInput& labels, const Shard& shard) {
  return open_all(config, &labels, shard);
}

std::unique_ptr<BatchSource> batches_in_memory(std::vector<std::vector<c10::IValue>> batches) {
  return std::make_unique<MemoryBatches>(std::move(batches));
}

}  // namespace actsparse
