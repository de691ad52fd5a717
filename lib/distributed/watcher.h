#pragma once
// A thread that notices when a rank fails, dies or hangs, and sees to it that this one ends.
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "distributed/job_store.h"

namespace actsparse {

/// How long is waited for what, in seconds. Together they stay within the user's timeout.
struct Patience {
  explicit Patience(double seconds);
  double timeout;
  double silence;  ///< of a rank that is then taken to be dead
  double grace;    ///< for a rank to end by itself when another has failed
  double poll;     ///< between two looks
};

/// The keys in the store: by rank, and of the whole job.
std::string progress_key(int64_t rank);  ///< "17 after batch 3 of 8": changes with every step
std::string host_key(int64_t rank);
constexpr const char* kFailureKey = "failure";

class Watcher {
 public:
  /// Rank 0 watches all the others, they watch rank 0; all their progress keys must be there.
  /// `give_up` is called, on the watcher's thread, if this rank has not ended by itself.
  Watcher(const Launch& launch, const Patience& patience,
          std::function<void(const Error&)> give_up);
  /// Stops the thread.
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// Why this rank has to end; nothing as long as all is well. Whoever is told ends by itself.
  std::optional<std::string> failure();
  /// Nobody is watched any more, nothing fails any more.
  void stop();

 private:
  struct Watched {
    int64_t rank;
    std::string name, progress;
    double since;
  };
  void watch();
  void look();
  void look_at(Watched& watched);
  void note(const std::string& text);
  void end_if_stuck();

  Patience patience_;
  std::function<void(const Error&)> give_up_;
  JobStore store_;
  std::vector<Watched> watched_;
  std::mutex mutex_;  // of what follows
  std::condition_variable stopping_;
  bool stop_ = false, told_ = false;
  std::optional<std::string> failure_;
  double failed_at_ = 0;
  std::thread thread_;
};

}  // namespace actsparse
