#pragma once
// How many zeros enter the layers whose gates look at their input.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "model/observe_op.h"

namespace actsparse {

/// The modules whose code has gates, by FQN.
std::vector<std::string> modules_with_gates(const torch::jit::Module& model);

struct GateCount {
  std::string layer;
  int64_t zeros = 0, elements = 0;  ///< of what the layer has been given
};

class GateCounter {
 public:
  /// Counts what comes out of each gate of `model`, a clone in which modules_with_gates() have
  /// types of their own (own_types.h). Its outputs stay the same bit for bit.
  explicit GateCounter(const torch::jit::Module& model);
  GateCounter(GateCounter&&) = default;
  GateCounter(const GateCounter&) = delete;

  /// Of the calls since the last take(), a layer once.
  std::vector<GateCount> take();

 private:
  void count(torch::jit::Node& product, const std::string& layer);

  std::deque<GateCount> counts_;  // observers refer to them
  std::vector<std::unique_ptr<RegisteredObserver>> observers_;
};

}  // namespace actsparse
