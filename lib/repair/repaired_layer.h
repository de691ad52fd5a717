#pragma once
// What repair did to layers: plain data.
#include <cstdint>
#include <string>

namespace actsparse {

/// What became of one layer.
struct RepairedLayer {
  std::string layer;
  /// Relative errors of its outputs, |y' - y| / |y|, with the masks alone and with what was chosen:
  /// over the batches that were fitted, and over those held out (-1: none were).
  double before = 0, after = 0, held_out_before = -1, held_out_after = -1;
  std::string choice = "none";  ///< "none": left as it was; "mean", "linear", "batch_norm"
  double ridge = 0;             ///< of "linear"
  double condition = 1;         ///< see Fit::condition
  int64_t rows = 0;             ///< that the fit saw
  int64_t unknowns = 0;         ///< for each output: weights and a bias
};

/// A masked layer that stays as it is, and why.
struct LeftLayer {
  std::string layer;
  std::string reason;
};

}  // namespace actsparse
