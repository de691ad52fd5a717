#pragma once
// What the commands share.
#include <deque>
#include <memory>

#include "base/atomic_file.h"
#include "base/stopwatch.h"
#include "data/batch_source.h"
#include "model/extra_files.h"
#include "model/select_layers.h"
#include "model/verify_masks.h"
#include "pipeline/checkpoints.h"
#include "pipeline/pipeline.h"
#include "sparsifier/activation_sparsifier.h"

namespace actsparse {

/// Built-in functions and those of the config's files; every function the config names has been
/// looked up.
FunctionTable load_functions(const Config& config);

/// A config made ready: everything that can be known to be wrong before the first batch has been
/// found.
struct Prepared {
  torch::jit::Module model;  ///< as loaded
  ActivationSparsifier sparsifier;
  std::unique_ptr<BatchSource> data;
  std::string fingerprint;  ///< of the data, before any was read
  std::vector<SelectedLayer> layers;
  Report report;  ///< origin (but for data and batches), warnings and load time are filled in
};
/// The rank's; without ranks what the user asked for.
Shard shard_of(const RunOptions& options);
Prepared prepare(const Config& config, const RunOptions& options);

/// Throws Error(Data) if a batch of so many bytes cannot be held, Error(Usage) if `ulimit -v`
/// leaves no room to run a model: OpenBLAS would wait for it forever.
void check_memory(int64_t batch_bytes);

/// The warning of an optional layer that is left out.
std::string left_out(const std::string& layer, const std::string& reason);

/// A calibrated sparsifier (not stepped) and where it comes from.
struct Calibrated {
  Prepared prepared;
  StateMeta meta;
  Checkpoints checkpoints;  ///< to be removed when the outputs are in place
};
/// Runs the batches of the shard. Layers never called are an error, or dropped with a warning if
/// optional; after a shard those that another one may call are kept.
/// Checkpoints are written beside `output`.
Calibrated calibrate_all(const Config& config, const RunOptions& options,
                         const std::filesystem::path& output);
/// The first batch only, without checkpoints; layers that a later one may call are left out.
Calibrated calibrate_first(const Config& config, const RunOptions& options);

/// Runs the batches that are left after meta.batches, at most to the `most`th, and notes them in
/// `meta`. Throws Error(Interrupted) after a checkpoint.
void run_batches(Calibrated& calibrated, const Config& config, const RunOptions& options,
                 int64_t most);

/// Makes rank 0's calibration that of all ranks' batches; leaves the others as they are. What a
/// rank has is in its checkpoint before it depends on others. Throws Error(Interrupted) if one
/// fails, merge_states' errors, and settle_uncalled's.
void combine_ranks(Calibrated& calibrated, const Config& config, const ProcessGroup& group);

/// The sparsifier's state as it is now, with its meta.
StateDict state_of(const Calibrated& calibrated);

/// The state that a later process goes on from.
StateDict checkpoint_of(const Calibrated& calibrated);

/// Puts the sparsifier, the data and `meta` where `checkpoint` left them. Throws Error(State) if it
/// is of another job: of another model, config, data, shard or version.
void resume(Prepared& prepared, StateMeta& meta, const StateDict& checkpoint, const RunConfig& run);

/// Notes and logs why "fast" was not taken, if it was not.
void warn_of_fallback(Report& report);

/// Which batches were run: a layer that none of them called may yet be called.
enum class Seen { All, Shard, First };
/// See calibrate_all.
void settle_uncalled(Prepared& prepared, const Config& config, Seen seen);

/// Output files that are put in place together at the end, so that a failure leaves none.
class Outputs {
 public:
  /// Throws Error(Output) now if `path` cannot be written.
  void reserve(const std::filesystem::path& path) const;
  void reserve(const OutputConfig& output) const;
  /// A new file; written now, renamed by commit().
  AtomicFile& create(const std::filesystem::path& path);
  void commit();

 private:
  std::deque<AtomicFile> files_;
};

/// A model and what became of it.
struct Squashed {
  const torch::jit::Module& masked;
  const torch::jit::Module& unmasked;
  const StateDict& state;
};

/// What a masked model is verified on.
struct TrialBatch {
  std::vector<c10::IValue> arguments;
  std::string name;  ///< for the report
};

/// Verifies the masked model on `batch`, and on fewer samples of it if the unmasked one runs on
/// them. Throws Error(Check), or Error(Function) if a mask is bound to the batch's size.
VerificationReport verify_masked(const Squashed& squashed, const TrialBatch& batch);

/// The first batch, read once more.
TrialBatch first_batch(BatchSource& data);

/// Where a masked model is read from and written to.
struct MaskedFile {
  std::filesystem::path from, to;
  std::string device;
};

/// What goes into the archive beside the masked model: the extra files of the model it was, and the
/// state's provenance.
ExtraFiles extra_files(const std::filesystem::path& model, const StateDict& state);

/// Writes the masked model (not yet in place), loads that file again in a fresh module and verifies
/// it as verify_masked does.
VerificationReport write_masked(Outputs& outputs, const MaskedFile& file, const Squashed& squashed,
                                const TrialBatch& batch);

/// The same with the masks in the weights; adds a warning for each layer where that cannot be.
VerificationReport write_folded(Outputs& outputs, const MaskedFile& file, const Squashed& squashed,
                                const TrialBatch& batch, std::vector<std::string>& warnings);

/// A small model to be written.
struct SmallFile {
  std::filesystem::path to;
  std::string device;
  ExtraFiles extra;  ///< what goes into the archive beside it
};

/// Writes the small model of a masked one (not yet in place), loads that file again and compares
/// the two on `batch` and on other sizes of it. Throws Error(Check) beyond the tolerance, and
/// compact()'s errors.
CompactReport write_small(Outputs& outputs, const SmallFile& file, const torch::jit::Module& masked,
                          const std::string& method, const std::vector<c10::IValue>& batch,
                          const CompactOptions& options);

}  // namespace actsparse
