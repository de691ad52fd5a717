#pragma once
// `repair`: what is done so that a masked model keeps its answers.
#include <cstdint>
#include <optional>
#include <string>

#include "config/data_config.h"

namespace actsparse {

/// How images are placed anew in each step.
struct AugmentConfig {
  bool flip = false;  ///< left and right, each image with equal chances
  int64_t shift = 0;  ///< pixels each way at most, >= 0
};

/// Steps of an optimizer towards the unmasked model's outputs.
struct TuneConfig {
  int64_t steps = 200;
  int64_t batch_size = 128;
  double learning_rate = 1e-3;
  std::string loss = "mse";  ///< "mse": mean squares, relative to the outputs'; "kl": of classes
  /// Residual sums are to be what they were, too; nothing: where masks take none of their channels.
  std::optional<bool> hints;
  std::optional<AugmentConfig> augment = {};  ///< nothing: batches are taken as they are
};

struct RepairConfig {
  std::string method = "none";  ///< "none", "mean", "linear"
  bool sequential = true;       ///< layer after layer, on what really enters; else each on its own
  std::optional<double> ridge;  ///< >= 0; nothing: chosen on what is held out
  /// Batch norms behind a mask take the statistics of what enters them now; nothing: where that is
  /// better on what is held out.
  std::optional<bool> batch_norm;
  double holdout = 0.2;            ///< share of the batches that no fit sees, 0 <= . < 1
  std::optional<DataConfig> data;  ///< nothing: the calibration's
  std::optional<TuneConfig> tune;
  bool changes_layers() const { return method != "none" || batch_norm.value_or(false); }
  bool is_on() const { return changes_layers() || tune; }
};

}  // namespace actsparse
