#include "distributed/process_group.h"

#include <atomic>
#include <chrono>

#include "distributed/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

using Errors = std::vector<std::string>;

const auto never = [](const Error& error) {
  throw std::logic_error("gave up: " + std::string(error.what()));
};

void pause(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

// As the batch loop does: until the group fails, at most 20 s.
std::string wait_for_failure(const ProcessGroup& group) {
  for (int i = 0; i < 1000; ++i) {
    if (const auto failure = group.failure()) return *failure;
    group.progress("after batch " + std::to_string(i));
    pause(0.02);
  }
  return "none";
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("One process is a group without others", "[distributed]") {
  const ProcessGroup group;
  CHECK(group.is_first());
  CHECK(group.is_alone());
  CHECK(group.size() == 1);
  CHECK_FALSE(group.failure().has_value());
  group.progress("anywhere");
  group.fail("nothing");
  group.finish();
  CHECK(ProcessGroup(Launch{}, 1, never).is_alone());
  CHECK(error_of([&] { group.send("x", 0); }).kind() == ErrorKind::Internal);
  CHECK(error_of([&] { group.receive(1); }).kind() == ErrorKind::Internal);
}

TEST_CASE("Ranks and rank 0 hand bytes to each other, in order, however long", "[distributed]") {
  const auto bytes_of = [](int64_t rank) {
    return std::string(rank == 2 ? size_t{3} << 20 : 1, static_cast<char>('a' + rank));
  };
  std::atomic<int> received{0};
  const Errors errors = run_ranks(3, [&](const Launch& launch) {
    const ProcessGroup group(launch, 10, never);
    if (group.rank() != launch.rank || group.size() != 3) throw std::logic_error("rank or size");
    if (group.is_first()) {
      for (const int64_t rank : {1, 2}) received += group.receive(rank) == bytes_of(rank) ? 1 : 0;
      for (const int64_t rank : {2, 1}) group.send(bytes_of(rank) + "back", rank);
      for (const int64_t rank : {1, 2}) received += group.receive(rank).empty() ? 1 : 0;
    } else {
      group.send(bytes_of(group.rank()), 0);
      received += group.receive(0) == bytes_of(group.rank()) + "back" ? 1 : 0;
      group.send("", 0);
    }
    group.finish();
  });
  CHECK(errors == Errors{"", "", ""});
  CHECK(received == 6);
}

TEST_CASE("A rank that was let go may fail", "[distributed]") {
  const Errors errors = run_ranks(2, [](const Launch& launch) {
    const ProcessGroup group(launch, 2, never);
    if (group.is_first()) {
      group.receive(1);
      group.let_go();
      pause(1.5);
      if (const auto failure = group.failure()) throw std::runtime_error(*failure);
      group.finish();
    } else {
      group.send("all", 0);
      pause(0.5);
      group.fail("out of memory");
    }
  });
  CHECK(errors == Errors{"", ""});
}

TEST_CASE("A rank that fails ends the others, which learn its name and reason", "[distributed]") {
  const auto start = std::chrono::steady_clock::now();
  const Errors errors = run_ranks(3, [](const Launch& launch) {
    const ProcessGroup group(launch, 10, never);
    if (group.rank() == 1)
      group.fail("batch 7: the model rejects the input");
    else
      throw std::runtime_error(wait_for_failure(group));
  });
  for (const size_t rank : {0, 2}) {
    CHECK(contains(errors[rank], "rank 1 on "));
    CHECK(contains(errors[rank], "failed: batch 7: the model rejects the input"));
  }
  CHECK(seconds_since(start) < 10);
}

TEST_CASE("A failure reaches ranks that wait for data", "[distributed]") {
  const Errors errors = run_ranks(3, [](const Launch& launch) {
    const ProcessGroup group(launch, 10, never);
    if (group.rank() == 2) group.fail("out of memory");
    if (group.rank() == 1) group.send("state", 0);
    if (group.rank() == 0) group.receive(2);
  });
  CHECK(contains(errors[0], "rank 2 on "));
  CHECK(contains(errors[1], "rank 2 on "));
}

TEST_CASE("A rank that waits for others can be interrupted", "[distributed]") {
  std::atomic<bool> interrupted{false};
  const Errors errors = run_ranks(2, [&](const Launch& launch) {
    const ProcessGroup group(launch, 10, never, &interrupted);
    if (group.rank() == 1) {
      interrupted = true;
      pause(0.5);
    } else {
      group.receive(1);
    }
  });
  CHECK(contains(errors[0], "interrupted while waiting for rank 1"));
}

TEST_CASE("A rank that hangs is named to all within the timeout, with where it stood",
          "[distributed]") {
  constexpr double kTimeout = 3;
  std::atomic<double> seconds{0};
  const Errors errors = run_ranks(3, [&](const Launch& launch) {
    const ProcessGroup group(launch, kTimeout, [](const Error& /*error*/) {});
    const auto joined = std::chrono::steady_clock::now();
    if (group.rank() == 1) {
      pause(0.2);
      group.progress("after batch 5 of 9");
      pause(kTimeout + 1);
      return;
    }
    const std::string failure = wait_for_failure(group);
    if (group.rank() == 2) seconds = seconds_since(joined);
    throw std::runtime_error(failure);
  });
  for (const size_t rank : {0, 2}) {
    CHECK(contains(errors[rank], "rank 1 on "));
    CHECK(contains(errors[rank], "died or hangs"));
    CHECK(contains(errors[rank], "after batch 5 of 9"));
  }
  CHECK(seconds < kTimeout);
}

TEST_CASE("A rank that never asks is given up", "[distributed]") {
  std::atomic<int> given_up{0};
  std::string reason;
  run_ranks(2, [&](const Launch& launch) {
    const ProcessGroup group(launch, 2, [&](const Error& error) {
      reason = error.what();
      ++given_up;
    });
    if (group.rank() == 0) group.fail("no more");
    if (group.rank() == 1) pause(2);
  });
  CHECK(given_up == 1);
  CHECK(contains(reason, "failed: no more"));
  CHECK(contains(reason, "the last checkpoint stays"));
}

TEST_CASE("A rank that never joins is named", "[distributed]") {
  const Error error =
      error_of([] { ProcessGroup(local_launch(0, 3, free_port()), 1, never).rank(); });
  CHECK(error.kind() == ErrorKind::Interrupted);
  CHECK(contains(error.what(), "of 3 ranks, 1, 2 did not join within 1 s"));
}

TEST_CASE("An address that nobody serves, or that is taken, is refused", "[distributed]") {
  const uint16_t port = free_port();
  const Error alone = error_of([&] { ProcessGroup(local_launch(1, 2, port), 1, never).rank(); });
  CHECK(alone.kind() == ErrorKind::Interrupted);
  CHECK(contains(alone.what(), "rank 0 was not found at 127.0.0.1:" + std::to_string(port)));
  const Errors errors = run_ranks(2, [&](const Launch& launch) {
    const ProcessGroup group(launch, 10, never);
    if (group.is_first()) {
      const Error taken =
          error_of([&] { ProcessGroup(local_launch(0, 2, launch.master_port), 1, never).rank(); });
      if (taken.kind() != ErrorKind::Usage) throw taken;
    }
    group.finish();
  });
  CHECK(errors == Errors{"", ""});
}
