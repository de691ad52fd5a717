#pragma once
// Masks take from layers what they were trained on. Repair gives those that read masked channels
// the weights with which they come closest to their old outputs, from calibration data alone, layer
// after layer. Masks stay, and so does what they let through.
#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "config/repair_config.h"
#include "data/batch_source.h"
#include "model/session.h"
#include "repair/progress.h"
#include "repair/repaired_layer.h"

namespace actsparse {

struct Repaired {
  torch::jit::Module module;
  std::vector<RepairedLayer> layers;
  std::vector<LeftLayer> left;
  int64_t batches = 0, held_out = 0;
};

struct RepairOptions {
  RepairConfig config;
  std::filesystem::path folder;  ///< for files without a name, see Walk
  /// Told after each wave: how many layers of how many, and the last one.
  std::function<void(size_t done, size_t all, const std::string& layer)> progress = {};
  /// What an earlier process has solved of the same job: those are not solved again.
  std::vector<LayerOutcome> known = {};
  /// Given all that is solved, whenever more is.
  std::function<void(const std::vector<LayerOutcome>&)> keep = {};
};

/// `masked` in eval mode, with other weights and biases; a bias that an operator did not have is
/// the buffer `repaired_bias` of its module. Every 1 / holdout-th batch is held out. Reads `data`
/// to its end. Throws Error(Config) if the share held out is less than a batch, Error(Data) if the
/// model does not take a batch, Error(Model) if it cannot be made one graph.
/// Error(Config) if it takes more memory than can be had.
Repaired repair(const Session& masked, BatchSource& data, const RepairOptions& options);

/// Bytes of memory that repair() will take at once beside the model and one batch. Throws
/// Error(Config) if they cannot be had, Error(Model) as repair() does.
int64_t repair_bytes(const Session& masked, const RepairOptions& options);

}  // namespace actsparse
