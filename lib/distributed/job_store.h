#pragma once
// The keys and values that the ranks of one job share: a TCPStore, served by rank 0 or by the
// launcher. One connection; not for several threads at once.
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "config/launch.h"

namespace actsparse {

class JobStore {
 public:
  /// Connects, within `seconds`; with `serves` it is the server too. Later calls give up after
  /// `answer_seconds`, or half as much again where LibTorch itself would wait on. Throws
  /// Error(Usage) if the address cannot be served or does not exist, Error(Interrupted) if nobody
  /// serves there.
  JobStore(const Launch& launch, bool serves, double seconds, double answer_seconds);

  // Each throws Error(Interrupted) if the server is gone.
  bool has(const std::string& key);
  std::string get(const std::string& key);  ///< waits for the key
  void set(const std::string& key, const std::string& text);

  const c10::intrusive_ptr<c10d::Store>& handle() const { return store_; }
  /// "node1:29500"
  const std::string& address() const { return address_; }

 private:
  std::string address_;
  double answer_seconds_;
  c10::intrusive_ptr<c10d::Store> store_;
};

}  // namespace actsparse
