#include "distributed/watcher.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>

namespace actsparse {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Patience::Patience(double seconds)
    : timeout(seconds),
      silence(0.75 * seconds),
      grace(0.15 * seconds),
      poll(std::clamp(seconds / 40, 0.02, 1.0)) {}

std::string progress_key(int64_t rank) { return "progress/" + std::to_string(rank); }
std::string host_key(int64_t rank) { return "host/" + std::to_string(rank); }

Watcher::Watcher(const Launch& launch, const Patience& patience,
                 std::function<void(const Error&)> give_up)
    : patience_(patience),
      give_up_(std::move(give_up)),
      store_(launch, false, patience.timeout, patience.grace) {
  const int64_t begin = launch.is_first() ? 1 : 0;
  const int64_t end = launch.is_first() ? launch.world_size : 1;
  for (int64_t rank = begin; rank < end; ++rank)
    watched_.push_back(
        {rank, fmt::format("rank {} on {}", rank, store_.get(host_key(rank))), "", now()});
  thread_ = std::thread([this] { watch(); });
}

Watcher::~Watcher() {
  stop();
  thread_.join();
}

void Watcher::stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stop_ = true;
  stopping_.notify_all();
}

std::optional<std::string> Watcher::failure() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (failure_) told_ = true;
  return failure_;
}

void Watcher::watch() {
  const auto poll = std::chrono::duration<double>(patience_.poll);
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_.wait_for(lock, poll, [this] { return stop_; })) {
    const bool failed = failure_.has_value();
    lock.unlock();
    if (failed)
      end_if_stuck();
    else
      look();
    lock.lock();
  }
}

void Watcher::look() try {
  if (store_.has(kFailureKey)) {
    note(store_.get(kFailureKey));
    return;
  }
  for (auto& watched : watched_) look_at(watched);
} catch (const Error& error) {
  note(error.what());
}

void Watcher::look_at(Watched& watched) {
  const std::string progress = store_.get(progress_key(watched.rank));
  if (progress != watched.progress) {
    watched.progress = progress;
    watched.since = now();
  }
  if (now() - watched.since < patience_.silence) return;
  const auto where = progress.substr(progress.find(' ') + 1);
  const std::string text =
      fmt::format("{} died or hangs: nothing was heard of it for {:.0f} s (last: {})", watched.name,
                  now() - watched.since, where);
  note(text);
  store_.set(kFailureKey, text);
}

void Watcher::note(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (failure_) return;
  failure_ = text;
  failed_at_ = now();
}

void Watcher::end_if_stuck() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stop_ || told_ || now() - failed_at_ < patience_.grace) return;
    told_ = true;
  }
  give_up_(Error(ErrorKind::Interrupted,
                 *failure_ + "; the batch at hand does not end: stopped in it, the last checkpoint "
                             "stays"));
}

}  // namespace actsparse
