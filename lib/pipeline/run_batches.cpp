#include <ATen/Context.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/error.h"
#include "pipeline/stages.h"

namespace actsparse {
namespace {

// The first batch decides which clone the others run through.
PrecisionReport run_first_batch(Prepared& prepared, const Batch& batch, const RunConfig& run) {
  PrecisionReport report;
  report.requested = run.precision;
  if (run.precision != "fast") {
    prepared.sparsifier.forward(batch.arguments);
    return report;
  }
  const FastOutcome outcome = prepared.sparsifier.use_fast_clone(batch.arguments, run.tolerance);
  report.max_difference = outcome.max_difference;
  report.layer = outcome.layer;
  report.reason = outcome.reason;
  if (report.reason.empty()) report.ran = "fast";
  return report;
}

void run_batch(Calibrated& calibrated, const Batch& batch, const Config& config) {
  auto& [prepared, meta, checkpoints] = calibrated;
  const BatchRun& shard = meta.coverage.front();
  const int64_t number = shard.first + shard.step * meta.batches;
  // Models that sample give the same batch by batch, wherever a run is split.
  at::manual_seed(config.run.seed + static_cast<uint64_t>(number));
  try {
    if (meta.batches > 0) {
      prepared.sparsifier.forward(batch.arguments);
      return;
    }
    meta.arguments = describe(batch.arguments);
    prepared.report.precision = run_first_batch(prepared, batch, config.run);
    meta.precision = prepared.report.precision->ran;
    warn_of_fallback(prepared.report);
  } catch (const Error& error) {
    throw error.in(batch.origin);
  }
}

[[noreturn]] void stop(const Calibrated& calibrated, Checkpoints& checkpoints,
                       const Progress& progress, const std::string& why) {
  std::string kept = "nothing was written";
  if (!checkpoints.path().empty()) {
    checkpoints.write(checkpoint_of(calibrated), progress.seconds);
    kept = "the same command with --resume goes on from " + checkpoints.path().filename().string();
  }
  throw Error(ErrorKind::Interrupted, why + " after batch " + std::to_string(progress.batch) +
                                          " of " + std::to_string(progress.batches) + "; " + kept);
}

bool is_interrupted(const RunOptions& options) {
  return options.interrupted != nullptr && options.interrupted->load();
}

}  // namespace

StateDict checkpoint_of(const Calibrated& calibrated) {
  StateDict state = state_of(calibrated);
  const auto& precision = *calibrated.prepared.report.precision;
  state.meta.checkpoint =
      CheckpointMeta{calibrated.prepared.fingerprint, precision.max_difference, precision.layer,
                     precision.reason, calibrated.prepared.sparsifier.model_changes()};
  return state;
}

void warn_of_fallback(Report& report) {
  if (!report.precision || report.precision->reason.empty()) return;
  report.warnings.push_back("run.precision \"fast\" fell back to \"exact\": " +
                            report.precision->reason);
  spdlog::warn("{}", report.warnings.back());
}

void run_batches(Calibrated& calibrated, const Config& config, const RunOptions& options,
                 int64_t most) {
  auto& [prepared, meta, checkpoints] = calibrated;
  const Stopwatch stopwatch;
  Progress progress;
  progress.batches = std::min(most, prepared.data->batches());
  while (meta.batches < progress.batches) {
    const auto batch = prepared.data->next();
    if (!batch) break;
    run_batch(calibrated, *batch, config);
    meta.samples += batch->samples;
    meta.coverage.front().count = progress.batch = ++meta.batches;
    progress.samples = meta.samples;
    progress.seconds = stopwatch.seconds();
    if (options.progress) options.progress(progress);
    options.group.progress("after batch " + std::to_string(progress.batch) + " of " +
                           std::to_string(progress.batches));
    if (is_interrupted(options)) stop(calibrated, checkpoints, progress, "interrupted");
    if (const auto failure = options.group.failure())
      stop(calibrated, checkpoints, progress, *failure + "; this rank stopped");
    if (meta.batches < progress.batches && checkpoints.is_due(meta.batches, progress.seconds))
      checkpoints.write(checkpoint_of(calibrated), progress.seconds);
  }
  prepared.report.timing.calibrate_seconds = progress.seconds;
}

}  // namespace actsparse
