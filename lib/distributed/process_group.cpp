#include "distributed/process_group.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <map>
#include <thread>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <utility>
#include <vector>

#include "distributed/milliseconds.h"
#include "distributed/watcher.h"

namespace actsparse {
namespace {

using Clock = std::chrono::steady_clock;
constexpr const char* kCompleteKey = "complete";  // all have joined
constexpr const char* kEndKey = "end";            // rank 0 has written everything
constexpr double kFarewellSeconds = 5;

std::string key_of(const char* what, int64_t rank) {
  return std::string(what) + "/" + std::to_string(rank);
}

// Messages from one rank to another are numbered from 0, so that each has keys of its own in the
// store: a key that is there stays there.
struct Message {
  int64_t from, to, number;
  std::string key(const char* what) const {
    return fmt::format("{}/{}/{}/{}", what, from, to, number);
  }
};

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

c10::intrusive_ptr<c10d::ProcessGroupGloo> connect(const Launch& launch, JobStore& store,
                                                   double timeout) {
  using c10d::ProcessGroupGloo;
  const auto options = ProcessGroupGloo::Options::create(milliseconds(timeout));
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");  // as in PyTorch
  try {
    options->devices = {interface != nullptr ? ProcessGroupGloo::createDeviceForInterface(interface)
                                             : ProcessGroupGloo::createDefaultDevice()};
    return c10::make_intrusive<ProcessGroupGloo>(store.handle(), static_cast<int>(launch.rank),
                                                 static_cast<int>(launch.world_size), options);
  } catch (const std::exception& cause) {
    throw Error(ErrorKind::Interrupted,
                "the ranks cannot connect to each other: " + first_line(cause.what()) +
                    "; GLOO_SOCKET_IFNAME names the network interface to use")
        .with_details(cause.what());
  }
}

}  // namespace

struct ProcessGroup::Impl {
  Impl(const Launch& own, double timeout, std::function<void(const Error&)> give_up,
       const std::atomic<bool>* flag);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void progress(const std::string& where, bool at_once);
  void say_goodbye();
  void wait_for_all_to_join();
  void wait_for_key(const std::string& key, const std::string& what);
  Message next_message(int64_t from, int64_t to) { return {from, to, messages[{from, to}]++}; }
  std::string name_of(int64_t rank) { return fmt::format("rank {} on {}", rank, host_of(rank)); }
  std::string host_of(int64_t rank) { return store.get(host_key(rank)); }

  void pause(const std::string& waiting_for) const;

  Launch launch;
  const std::atomic<bool>* interrupted;
  Patience patience;
  JobStore store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
  std::unique_ptr<Watcher> watcher;
  std::map<std::pair<int64_t, int64_t>, int64_t> messages;  // so far, by sender and receiver
  int64_t steps = 0;
  Clock::time_point last_progress;
};

ProcessGroup::Impl::Impl(const Launch& own, double timeout,
                         std::function<void(const Error&)> give_up, const std::atomic<bool>* flag)
    : launch(own),
      interrupted(flag),
      patience(timeout),
      store(launch, launch.is_first() && !launch.has_agent_store, timeout, patience.grace) {
  store.set(host_key(launch.rank), host_name());
  progress("joined", true);
  wait_for_all_to_join();
  gloo = connect(launch, store, timeout);
  watcher = std::make_unique<Watcher>(launch, patience, std::move(give_up));
}

ProcessGroup::Impl::~Impl() {
  watcher.reset();
  try {
    say_goodbye();
  } catch (const Error&) {
    // Nobody is left to hear it.
  }
}

// Rank 0 may keep the store: it leaves last, or the others would not learn how it ended.
void ProcessGroup::Impl::say_goodbye() {
  store.set(key_of("left", launch.rank), "");
  if (!launch.is_first()) return;
  const auto deadline = Clock::now() + milliseconds(std::min(kFarewellSeconds, patience.grace));
  for (int64_t rank = 1; rank < launch.world_size; ++rank)
    while (!store.has(key_of("left", rank)) && Clock::now() < deadline)
      std::this_thread::sleep_for(milliseconds(patience.poll / 4));
}

void ProcessGroup::Impl::progress(const std::string& where, bool at_once) {
  const auto now = Clock::now();
  if (!at_once && now - last_progress < milliseconds(patience.poll)) return;
  last_progress = now;
  store.set(progress_key(launch.rank), std::to_string(++steps) + " " + where);
}

void ProcessGroup::Impl::wait_for_all_to_join() {
  const auto deadline = Clock::now() + milliseconds(patience.timeout);
  const auto missing = [&] {
    std::vector<std::string> ranks;
    if (!launch.is_first()) {
      if (!store.has(kCompleteKey)) ranks.push_back("some");
      return ranks;
    }
    for (int64_t rank = 1; rank < launch.world_size; ++rank)
      if (!store.has(progress_key(rank))) ranks.push_back(std::to_string(rank));
    return ranks;
  };
  auto ranks = missing();
  for (; !ranks.empty() && Clock::now() < deadline; ranks = missing()) {
    if (store.has(kFailureKey)) throw Error(ErrorKind::Interrupted, store.get(kFailureKey));
    pause("waiting for all ranks to join");
  }
  if (!ranks.empty()) {
    const std::string text =
        fmt::format("of {} ranks, {} did not join within {:g} s", launch.world_size,
                    fmt::join(ranks, ", "), patience.timeout);
    store.set(kFailureKey, text);
    throw Error(ErrorKind::Interrupted, text + "; look at its log");
  }
  if (launch.is_first()) store.set(kCompleteKey, "");
}

void ProcessGroup::Impl::pause(const std::string& waiting_for) const {
  if (interrupted != nullptr && interrupted->load())
    throw Error(ErrorKind::Interrupted, "interrupted while " + waiting_for);
  std::this_thread::sleep_for(milliseconds(patience.poll / 4));
}

void ProcessGroup::Impl::wait_for_key(const std::string& key, const std::string& what) {
  while (!store.has(key)) {
    if (const auto failure = watcher->failure())
      throw Error(ErrorKind::Interrupted, *failure + "; this rank stopped");
    progress(what, false);
    pause(what);
  }
}

ProcessGroup::ProcessGroup(const Launch& launch, double timeout,
                           std::function<void(const Error&)> give_up,
                           const std::atomic<bool>* interrupted) {
  if (launch.is_alone()) return;
  impl_ = std::make_shared<Impl>(launch, timeout, std::move(give_up), interrupted);
}

int64_t ProcessGroup::rank() const { return impl_ ? impl_->launch.rank : 0; }
int64_t ProcessGroup::size() const { return impl_ ? impl_->launch.world_size : 1; }

void ProcessGroup::progress(const std::string& where) const try {
  if (impl_) impl_->progress(where, false);
} catch (const Error&) {
  // The watcher notices too, and its failure() can be asked for when the batch is safe.
}

void ProcessGroup::require_others() const {
  if (!impl_) throw Error(ErrorKind::Internal, "a process on its own has no rank to talk to");
}

std::optional<std::string> ProcessGroup::failure() const {
  return impl_ ? impl_->watcher->failure() : std::nullopt;
}

void ProcessGroup::send(const std::string& bytes, int64_t to) const {
  require_others();
  const Message message = impl_->next_message(rank(), to);
  impl_->store.set(message.key("size"), std::to_string(bytes.size()));
  impl_->wait_for_key(message.key("wanted"), "waiting for rank " + std::to_string(to));
  std::vector<at::Tensor> tensors = {at::from_blob(
      const_cast<char*>(bytes.data()), {static_cast<int64_t>(bytes.size())}, at::kByte)};
  try {
    impl_->gloo->send(tensors, static_cast<int>(to), 0)
        ->wait(milliseconds(impl_->patience.timeout));
  } catch (const std::exception& cause) {
    throw Error(ErrorKind::Interrupted, impl_->name_of(to) + " does not take what this rank sends")
        .with_details(cause.what());
  }
}

std::string ProcessGroup::receive(int64_t from) const {
  require_others();
  const Message message = impl_->next_message(from, rank());
  impl_->wait_for_key(message.key("size"), "waiting for rank " + std::to_string(from));
  std::string bytes(std::stoull(impl_->store.get(message.key("size"))), '\0');
  std::vector<at::Tensor> tensors = {
      at::from_blob(bytes.data(), {static_cast<int64_t>(bytes.size())}, at::kByte)};
  impl_->store.set(message.key("wanted"), "");
  try {
    impl_->gloo->recv(tensors, static_cast<int>(from), 0)
        ->wait(milliseconds(impl_->patience.timeout));
  } catch (const std::exception& cause) {
    throw Error(ErrorKind::Interrupted, impl_->name_of(from) + " died before all it sent arrived")
        .with_details(cause.what());
  }
  return bytes;
}

void ProcessGroup::let_go() const {
  if (impl_ && is_first()) impl_->watcher->stop();
}

void ProcessGroup::finish() const {
  if (!impl_) return;
  if (is_first())
    impl_->store.set(kEndKey, "");
  else
    impl_->wait_for_key(kEndKey, "waiting for rank 0 to write the outputs");
  impl_->watcher->stop();
}

void ProcessGroup::fail(const std::string& what) const try {
  if (!impl_) return;
  impl_->watcher->stop();
  if (!impl_->store.has(kFailureKey))
    impl_->store.set(kFailureKey, impl_->name_of(rank()) + " failed: " + what);
} catch (const Error&) {
  // Without the store the others are told by its absence.
}

}  // namespace actsparse
