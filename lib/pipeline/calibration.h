#pragma once
// Running the batches through the observed model: from a job to statistics.
#include <cstdint>
#include <filesystem>
#include <optional>

#include "pipeline/checkpoints.h"
#include "pipeline/prepared_job.h"
#include "record/run.h"
#include "report/report.h"

namespace actsparse {

/// A sparsifier that has seen batches (not stepped), and which ones they were.
struct Calibration {
  PreparedJob job;
  StateMeta meta;
  Checkpoints checkpoints;                        ///< to be removed when the outputs are in place
  std::optional<PrecisionReport> precision = {};  ///< nothing before the first batch
  double seconds = 0;                             ///< the loop over the batches alone
  int64_t ranks = 1;                              ///< processes that shared the batches
};

/// What a job's checkpoints are named after: the first there is of state, model, small model,
/// report, page.
std::filesystem::path main_output(const OutputConfig& output);

/// Runs the batches of the shard. Layers never called are an error, or dropped with a warning if
/// optional; after a shard those that another one may call are kept.
/// Checkpoints are written beside `output`.
Calibration calibrate_all(const Config& config, const RunOptions& options,
                          const std::filesystem::path& output);
/// The first batch only, without checkpoints; layers that a later one may call are left out.
Calibration calibrate_first(const Config& config, const RunOptions& options);

/// The sparsifier's state as it is now, with its meta.
StateDict state_of(const Calibration& calibration);
/// What is known of a calibration, for the report of `command`: all but layers, outputs and the
/// total time.
Report report_of(const Calibration& calibration, const std::string& command);

// ---- its parts ----

/// Runs the batches that are left after meta.batches, at most to the `most`th, and notes them in
/// `meta`. Throws Error(Interrupted) after a checkpoint.
void run_batches(Calibration& calibration, const Config& config, const RunOptions& options,
                 int64_t most);

/// Makes rank 0's calibration that of all ranks' batches; leaves the others as they are. What a
/// rank has is in its checkpoint before it depends on others. Throws Error(Interrupted) if one
/// fails, merge_states' errors, and settle_uncalled's.
void combine_ranks(Calibration& calibration, const Config& config, const ProcessGroup& group);

/// The state that a later process goes on from.
StateDict checkpoint_of(const Calibration& calibration);

/// Puts the sparsifier, the data and `meta` where `checkpoint` left them. Throws Error(State) if it
/// is of another job: of another model, config, data, shard or version.
void resume(Calibration& calibration, const StateDict& checkpoint, const RunConfig& run);

/// Warns if "fast" was asked for and not taken.
void warn_of_fallback(Calibration& calibration);

/// Which batches were run: a layer that none of them called may yet be called.
enum class Seen { All, Shard, First };
/// Of the layers that were never called: see calibrate_all.
void settle_uncalled(PreparedJob& job, const Config& config, Seen seen);

}  // namespace actsparse
