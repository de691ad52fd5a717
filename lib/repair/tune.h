#pragma once
// A masked model drawn towards the answers of the unmasked one by gradient descent, without labels:
// knowledge distillation (Hinton et al. 2015, arXiv 1503.02531) with the model as its own teacher.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "config/repair_config.h"
#include "data/batch_source.h"
#include "model/session.h"
#include "repair/progress.h"
#include "repair/tuned_model.h"

namespace actsparse {

struct TuneOptions {
  TuneConfig config;
  double holdout = 0.2;          ///< share of the batches that no step sees
  uint64_t seed = 0;             ///< of the order of batches
  std::filesystem::path folder;  ///< for a file without a name
  std::function<void(int64_t done, int64_t all)> progress = {};
  std::optional<TuneProgress> known = {};  ///< where an earlier process has left the same job
  /// Given how far it is, whenever the batches held out were judged.
  std::function<void(const TuneProgress&)> keep = {};
};

struct Tuned {
  torch::jit::Module module;
  TunedModel report;
};

/// A copy of `model` (called as `unmasked` is, in eval mode) after steps of Adam on all its
/// floating parameters and repaired biases; of the steps the one whose loss over the batches held
/// out is least, which may be none. Batches are those that `data` gives; it is read to its end
/// once. Throws Error(Data) if the models do not take a batch or return no floating-point tensor.
Tuned tune(const Session& unmasked, const torch::jit::Module& model, BatchSource& data,
           const TuneOptions& options);

}  // namespace actsparse
