#include "data/read_ahead.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace actsparse {
namespace {

class ReadAhead : public BatchSource {
 public:
  ReadAhead(std::unique_ptr<BatchSource> source, size_t depth)
      : source_(std::move(source)), depth_(depth) {}
  ~ReadAhead() override { stop(); }

  // The thread starts with the first batch that is asked for: an opened source costs nothing.
  std::optional<Batch> next() override {
    if (finished_) return std::nullopt;
    if (!thread_.joinable()) thread_ = std::thread([this] { read_all(); });
    Item item = take();
    finished_ = !item.batch;
    if (item.error) std::rethrow_exception(item.error);
    return std::move(item.batch);
  }

  void rewind() override {
    stop();
    source_->rewind();
  }
  void skip(int64_t count) override {
    if (!thread_.joinable()) return source_->skip(count);
    while (count-- > 0 && next()) {
    }
  }
  int64_t batches() const override { return source_->batches(); }
  int64_t total_batches() const override { return source_->total_batches(); }
  std::optional<int64_t> samples() const override { return source_->samples(); }
  int64_t ragged_last() const override { return source_->ragged_last(); }
  int64_t batch_bytes() const override { return source_->batch_bytes(); }
  std::string digest() const override { return source_->digest(); }
  std::string fingerprint() const override { return source_->fingerprint(); }

 private:
  // A batch, or what ends the row of them: nothing, or an error.
  struct Item {
    std::optional<Batch> batch;
    std::exception_ptr error;
  };

  Item read() {
    try {
      return {source_->next(), nullptr};
    } catch (...) {
      return {std::nullopt, std::current_exception()};
    }
  }

  void read_all() {
    for (bool more = true; more && has_room();) {
      Item item = read();
      more = item.batch.has_value();
      const std::lock_guard<std::mutex> lock(mutex_);
      items_.push_back(std::move(item));
      changed_.notify_all();
    }
  }

  // Waits for room before a batch is read: one in hand would take memory too. False: stopped.
  bool has_room() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || items_.size() < depth_; });
    return !stopped_;
  }

  Item take() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return !items_.empty(); });
    Item item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  void stop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    items_.clear();
    stopped_ = finished_ = false;
  }

  std::unique_ptr<BatchSource> source_;  // the thread's while it runs
  size_t depth_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  bool stopped_ = false;
  bool finished_ = false;  // the caller has seen the end or an error
};

}  // namespace

std::unique_ptr<BatchSource> read_ahead(std::unique_ptr<BatchSource> source, size_t depth) {
  return std::make_unique<ReadAhead>(std::move(source), depth);
}

}  // namespace actsparse
