#include <utility>

#include "base/bytes_written.h"
#include "base/digest.h"
#include "base/stopwatch.h"
#include "compact/compact.h"
#include "model/load_model.h"
#include "pipeline/calibration.h"
#include "pipeline/judge_models.h"
#include "pipeline/masked_model.h"
#include "pipeline/outputs.h"
#include "pipeline/repair_model.h"
#include "pipeline/small_model.h"
#include "pipeline/trial_batches.h"
#include "repair/repair.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

int64_t aggregate_bytes(const ActivationSparsifier& sparsifier) {
  size_t bytes = 0;
  for (const auto& layer : sparsifier.layers())
    for (const auto& [name, kept] : layer.accumulators)
      for (const auto& tensor : as_list(kept)) bytes += tensor.nbytes();
  return static_cast<int64_t>(bytes);
}

// Digest and counts of the whole data are not known yet, but take room.
StateDict with_room(StateDict state, const BatchSource& data) {
  state.meta.data_digest = digest_of("");
  state.meta.batches = data.batches();
  state.meta.samples = data.samples().value_or(0);
  return state;
}

// Gates cannot be held against one batch: whether they can be checked is what is tried.
EvaluationReport judge_first_batch(const Config& config, const PreparedJob& job,
                                   const std::vector<Contestant>& models, const TrialBatch& batch,
                                   const RunOptions& options) {
  const Contestant unmasked{config.model.path.filename().string(), job.session};
  if (!config.evaluate) return glance(unmasked, models, batch, config.run.seed);
  return judge_models(config, job.sparsifier.functions(), unmasked, models, options, 1);
}

// Makes the outputs in memory, as run() would: their bytes are noted.
std::vector<Contestant> try_outputs(DryRun& dry_run, Report& report, const Config& config,
                                    const Squashed& squashed, const StateDict& whole,
                                    const TrialBatch& batch) {
  const OutputConfig& output = config.output;
  const Session masked = squashed.unmasked.with(squashed.masked);
  const auto bytes = [&](const torch::jit::Module& model) {
    return bytes_written(
        [&](std::ostream& out) { write_model(model, out, extra_files(config.model.path, whole)); });
  };
  std::vector<Contestant> models = {{"masked model", masked}};
  if (!output.model.empty()) {
    dry_run.model_bytes = bytes(masked.model);
    report.verification =
        verify_masked(squashed, through_archive(masked.model, masked.device), batch);
  }
  if (!output.state.empty())
    dry_run.state_bytes = bytes_written([&](std::ostream& out) { write_state(whole, out); });
  if (output.compact.empty()) return models;
  const Trials trials = find_trials(in_eval_mode(masked), batch);
  const auto made = compact(masked, trials.sizes, output.compact_options);
  const auto small = through_archive(made.module, masked.device);
  compare_small(masked, made, small, trials, output.compact_options);
  dry_run.small_bytes = bytes(made.module);
  models.push_back({"small model", masked.with(small)});
  return models;
}

}  // namespace

Report dry_run(const Config& config, const RunOptions& options) {
  const Stopwatch stopwatch;
  Outputs().reserve(config.output);
  check_repair(config);
  Calibration calibration = calibrate_first(config, options);
  PreparedJob& job = calibration.job;
  DryRun dry_run;
  dry_run.batches = job.data->batches();
  dry_run.samples = job.data->samples().value_or(0);
  dry_run.aggregate_bytes = aggregate_bytes(job.sparsifier);
  dry_run.estimated_seconds =
      job.load_seconds + calibration.seconds * static_cast<double>(dry_run.batches);
  const auto warnings = job.sparsifier.step();
  const Squashed squashed{job.session, job.sparsifier.squash_mask(), state_of(calibration)};
  if (config.repair.changes_layers())
    dry_run.repair_bytes = repair_bytes(job.session.with(squashed.masked), {config.repair, {}});
  const TrialBatch batch = first_batch(*job.data, "calibration batch");
  Report report = report_of(calibration, "run");
  const auto models =
      try_outputs(dry_run, report, config, squashed, with_room(squashed.state, *job.data), batch);
  report.evaluation = judge_first_batch(config, job, models, batch, options);
  report.layers = report_layers(squashed.state.layers, warnings);
  report.dry_run = dry_run;
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

}  // namespace actsparse
