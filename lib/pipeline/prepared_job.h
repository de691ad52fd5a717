#pragma once
// A config made ready: everything that can be known to be wrong before the first batch has been
// found.
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/batch_source.h"
#include "model/select_layers.h"
#include "model/session.h"
#include "pipeline/pipeline.h"
#include "pipeline/warnings.h"
#include "sparsifier/activation_sparsifier.h"

namespace actsparse {

struct PreparedJob {
  Session session;  ///< with the model as loaded
  ActivationSparsifier sparsifier;
  std::unique_ptr<BatchSource> data;
  std::string fingerprint;  ///< of the data, before any was read
  std::vector<SelectedLayer> layers;
  Provenance origin;  ///< but for what is known of the data at the end
  Warnings warnings;
  double load_seconds = 0;
};

/// Throws Error of the kinds Config, Model, Data, Function and Usage.
PreparedJob prepare(const Config& config, const RunOptions& options);

/// The part of the batches that this process runs: its rank's, or, of a process on its own, the one
/// that was asked for.
Shard own_shard(const RunOptions& options);

/// The config's model on the options' device, its method found. Throws Error(Model).
Session load_session(const Config& config, const RunOptions& options);

/// Built-in functions and those of the config's files; every function the config names has been
/// looked up.
FunctionTable load_functions(const Config& config);

/// Who makes what of which files: all but the data's part. Reads the model's file, for its digest.
/// Throws Error(Model).
Provenance origin_of(const Config& config, const FunctionTable& functions);

/// The warning of an optional layer that is left out.
std::string left_out(const std::string& layer, const std::string& reason);

/// Throws Error(Data) if a batch of so many bytes cannot be held, Error(Usage) if `ulimit -v`
/// leaves no room to run a model: OpenBLAS would wait for it forever.
void check_memory(int64_t batch_bytes);

/// Throws Error(Config) if the grams over patches of these layers cannot be held, with what a step
/// takes beside them.
void check_grams(const std::vector<LayerRecord>& layers);

}  // namespace actsparse
