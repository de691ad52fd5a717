#include <ATen/Context.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/error.h"
#include "base/stopwatch.h"
#include "pipeline/calibration.h"

namespace actsparse {
namespace {

// The first batch decides which clone the others run through.
PrecisionReport run_first_batch(PreparedJob& job, const Batch& batch, const RunConfig& run) {
  if (run.precision != "fast") {
    job.sparsifier.forward(batch.arguments);
    return {{}, run.precision, "exact"};
  }
  const FastTrial trial = job.sparsifier.use_fast_clone(batch.arguments, run.tolerance);
  return {trial, run.precision, trial.reason.empty() ? "fast" : "exact"};
}

void run_batch(Calibration& calibration, const Batch& batch, const Config& config) {
  StateMeta& meta = calibration.meta;
  const BatchRun& shard = meta.coverage.front();
  const int64_t number = shard.first + shard.step * meta.batches;
  // Models that sample give the same batch by batch, wherever a run is split.
  at::manual_seed(config.run.seed + static_cast<uint64_t>(number));
  try {
    if (meta.batches > 0) {
      calibration.job.sparsifier.forward(batch.arguments);
      return;
    }
    meta.arguments = describe(batch.arguments);
    calibration.precision = run_first_batch(calibration.job, batch, config.run);
    meta.precision = calibration.precision->ran;
    warn_of_fallback(calibration);
  } catch (const Error& error) {
    throw error.in(batch.origin);
  }
}

[[noreturn]] void stop(Calibration& calibration, const Progress& progress, const std::string& why) {
  Checkpoints& checkpoints = calibration.checkpoints;
  std::string kept = "nothing was written";
  if (!checkpoints.path().empty()) {
    checkpoints.write(checkpoint_of(calibration), progress.seconds);
    kept = "the same command with --resume goes on from " + checkpoints.path().filename().string();
  }
  throw Error(ErrorKind::Interrupted, why + " after batch " + std::to_string(progress.batch) +
                                          " of " + std::to_string(progress.batches) + "; " + kept);
}

}  // namespace

StateDict checkpoint_of(const Calibration& calibration) {
  StateDict state = state_of(calibration);
  state.meta.checkpoint = CheckpointMeta{calibration.job.fingerprint, *calibration.precision,
                                         calibration.job.sparsifier.model_changes()};
  return state;
}

void warn_of_fallback(Calibration& calibration) {
  if (!calibration.precision || calibration.precision->reason.empty()) return;
  calibration.job.warnings.add("run.precision \"fast\" fell back to \"exact\": " +
                               calibration.precision->reason);
}

void run_batches(Calibration& calibration, const Config& config, const RunOptions& options,
                 int64_t most) {
  auto& data = *calibration.job.data;
  auto& meta = calibration.meta;
  const Stopwatch stopwatch;
  Progress progress;
  progress.batches = std::min(most, data.batches());
  progress.batches_before = meta.batches;
  progress.samples_before = meta.samples;
  while (meta.batches < progress.batches) {
    const auto batch = data.next();
    if (!batch) break;
    run_batch(calibration, *batch, config);
    meta.samples += batch->samples;
    meta.coverage.front().count = progress.batch = ++meta.batches;
    progress.samples = meta.samples;
    progress.seconds = stopwatch.seconds();
    if (options.progress) options.progress(progress);
    options.group.progress("after batch " + std::to_string(progress.batch) + " of " +
                           std::to_string(progress.batches));
    if (options.is_interrupted()) stop(calibration, progress, "interrupted");
    if (const auto failure = options.group.failure())
      stop(calibration, progress, *failure + "; this rank stopped");
    auto& checkpoints = calibration.checkpoints;
    if (meta.batches < progress.batches && checkpoints.is_due(meta.batches, progress.seconds))
      checkpoints.write(checkpoint_of(calibration), progress.seconds);
  }
  calibration.seconds = progress.seconds;
}

}  // namespace actsparse
