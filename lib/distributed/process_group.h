#pragma once
// The processes of one job: LibTorch's c10d, with Gloo for the data. Rank 0 combines and writes.
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "config/launch.h"

namespace actsparse {

/// Copies are the same group. All calls but the constructors are for one thread.
class ProcessGroup {
 public:
  /// One process: rank 0 of 1.
  ProcessGroup() = default;

  /// Returns when all ranks have joined. From then on a rank that fails, dies or makes no progress
  /// makes failure() of all others true within `timeout` seconds; `give_up` is called on another
  /// thread where the rank does not ask in time, and should end the process.
  /// Whatever waits for other ranks ends with Error(Interrupted) when `interrupted` becomes true.
  /// Throws Error(Usage) if the address cannot be used, Error(Interrupted) that names the ranks
  /// which did not join within `timeout`.
  ProcessGroup(const Launch& launch, double timeout, std::function<void(const Error&)> give_up,
               const std::atomic<bool>* interrupted = nullptr);

  int64_t rank() const;
  int64_t size() const;
  bool is_alone() const { return size() == 1; }
  bool is_first() const { return rank() == 0; }

  /// Tells the others that this rank got on, and where to: "after batch 3 of 8". Throws nothing.
  void progress(const std::string& where) const;
  /// Why this rank has to end, naming another one; nothing as long as all is well.
  std::optional<std::string> failure() const;

  /// What one rank sends to another arrives at that one's receive(), in the order in which it was
  /// sent. Each waits for the other. One of the two is rank 0: the others do not watch each other.
  /// Throws Error(Interrupted) if a rank fails meanwhile, Error(Internal) of a process on its own.
  void send(const std::string& bytes, int64_t to) const;
  std::string receive(int64_t from) const;
  /// Rank 0 needs nothing more of the others: if one fails from here on, it goes on.
  void let_go() const;

  /// Rank 0 says that the job is done; the others return when it has. Throws Error(Interrupted) if
  /// rank 0 fails instead.
  void finish() const;
  /// Ends the job on all other ranks, with `what` as the reason. Throws nothing.
  void fail(const std::string& what) const;

 private:
  struct Impl;
  void require_others() const;

  std::shared_ptr<Impl> impl_;
};

}  // namespace actsparse
