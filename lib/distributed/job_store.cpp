#include "distributed/job_store.h"

#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "base/error.h"
#include "distributed/compat.h"
#include "distributed/milliseconds.h"

namespace actsparse {
namespace {

// LibTorch's calls may wait forever for a server that hangs, whatever the store's timeout is: they
// are made on a thread that is left behind then.
template <class Call>
auto asked(const std::string& address, double seconds, Call&& call) {
  using Answer = decltype(call());
  try {
    std::packaged_task<Answer()> task(std::forward<Call>(call));
    auto answer = task.get_future();
    std::thread(std::move(task)).detach();
    // LibTorch's own timeout comes first where it works.
    if (answer.wait_for(milliseconds(1.5 * seconds)) == std::future_status::ready)
      return answer.get();
    throw std::runtime_error("no answer in time");
  } catch (const std::exception& cause) {
    throw Error(ErrorKind::Interrupted, "the job's store at " + address +
                                            ", which rank 0 or the launcher keeps, does not answer")
        .with_details(cause.what());
  }
}

}  // namespace

JobStore::JobStore(const Launch& launch, bool serves, double seconds, double answer_seconds)
    : address_(launch.master_address + ":" + std::to_string(launch.master_port)),
      answer_seconds_(answer_seconds) {
  c10d::TCPStoreOptions options;
  options.port = launch.master_port;
  options.isServer = serves;
  options.waitWorkers = false;
  options.timeout = milliseconds(seconds);
  take_any_backend(options);
  try {
    const auto store = c10::make_intrusive<c10d::TCPStore>(launch.master_address, options);
    store->setTimeout(milliseconds(answer_seconds));
    store_ = c10::make_intrusive<c10d::PrefixStore>("actsparse" + launch.store_prefix, store);
  } catch (const std::exception& cause) {
    if (serves)
      throw Error(ErrorKind::Usage, "rank 0 cannot serve the others at " + address_ + ": " +
                                        first_line(cause.what()) +
                                        "; check MASTER_ADDR and MASTER_PORT")
          .with_details(cause.what());
    throw Error(ErrorKind::Interrupted, "rank 0 was not found at " + address_ + " (" +
                                            first_line(cause.what()) +
                                            "); check MASTER_ADDR and MASTER_PORT")
        .with_details(cause.what());
  }
}

bool JobStore::has(const std::string& key) {
  return asked(address_, answer_seconds_, [store = store_, key] { return store->check({key}); });
}

std::string JobStore::get(const std::string& key) {
  const auto bytes =
      asked(address_, answer_seconds_, [store = store_, key] { return store->get(key); });
  return {bytes.begin(), bytes.end()};
}

void JobStore::set(const std::string& key, const std::string& text) {
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  asked(address_, answer_seconds_, [store = store_, key, bytes] { store->set(key, bytes); });
}

}  // namespace actsparse
