#include "distributed/job_store.h"

#include <chrono>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "base/error.h"
#include "distributed/compat.h"

namespace actsparse {
namespace {

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

template <class Call>
auto asked(const std::string& address, Call&& call) {
  try {
    return call();
  } catch (const std::exception& cause) {
    throw Error(ErrorKind::Interrupted, "the job's store at " + address +
                                            ", which rank 0 or the launcher keeps, does not answer")
        .with_details(cause.what());
  }
}

}  // namespace

JobStore::JobStore(const Launch& launch, bool serves, double seconds, double answer_seconds)
    : address_(launch.master_address + ":" + std::to_string(launch.master_port)) {
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
  return asked(address_, [&] { return store_->check({key}); });
}

std::string JobStore::get(const std::string& key) {
  const auto bytes = asked(address_, [&] { return store_->get(key); });
  return {bytes.begin(), bytes.end()};
}

void JobStore::set(const std::string& key, const std::string& text) {
  asked(address_, [&] { store_->set(key, std::vector<uint8_t>(text.begin(), text.end())); });
}

}  // namespace actsparse
