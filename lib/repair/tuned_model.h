#pragma once
#include <cstdint>
#include <string>

namespace actsparse {

/// What tuning did: plain data.
struct TunedModel {
  int64_t steps = 0;      ///< that were run
  int64_t best_step = 0;  ///< whose parameters were taken; 0: those before the first
  std::string loss;
  double before = 0, after = 0;  ///< losses over the batches held out
};

}  // namespace actsparse
