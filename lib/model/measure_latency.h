#pragma once
// How fast models are, one against the other.
#include <vector>

#include "model/session.h"

namespace actsparse {

struct Medians {
  std::vector<double> seconds;  ///< of each model
  int64_t rounds = 0;
};

/// Freezes and optimizes each model as torch.jit.freeze does, where that is possible, and runs them
/// in turn on `batch`: one round to warm up, then at least 3, at most 15, until about `budget`
/// seconds are over. Throws Error(Data) if one does not take the batch.
Medians measure_latency(const std::vector<Session>& sessions, const std::vector<c10::IValue>& batch,
                        double budget);

}  // namespace actsparse
