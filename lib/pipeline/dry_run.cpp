#include <utility>

#include "base/bytes_written.h"
#include "base/digest.h"
#include "compact/compact.h"
#include "model/load_model.h"
#include "pipeline/stages.h"
#include "pipeline/trial_batches.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

int64_t aggregate_bytes(const ActivationSparsifier& sparsifier) {
  size_t bytes = 0;
  for (const auto& layer : sparsifier.layers())
    if (layer.data)
      for (const auto& tensor : as_list(*layer.data)) bytes += tensor.nbytes();
  return static_cast<int64_t>(bytes);
}

// Digest and counts of the whole data are not known yet, but take room.
StateDict with_room(StateDict state, const BatchSource& data) {
  state.meta.data_digest = digest_of("");
  state.meta.batches = data.batches();
  state.meta.samples = data.samples().value_or(0);
  return state;
}

}  // namespace

Report dry_run(const Config& config, const RunOptions& options) {
  const Stopwatch stopwatch;
  Outputs().reserve(config.output);
  Calibrated calibrated = calibrate_first(config, options);
  auto& [model, sparsifier, data, fingerprint, layers, report] = calibrated.prepared;
  DryRun dry_run;
  dry_run.batches = data->batches();
  dry_run.samples = data->samples().value_or(0);
  dry_run.aggregate_bytes = aggregate_bytes(sparsifier);
  dry_run.estimated_seconds = report.timing.load_seconds + report.timing.calibrate_seconds *
                                                               static_cast<double>(dry_run.batches);
  const auto warnings = sparsifier.step();
  const torch::jit::Module masked = sparsifier.squash_mask();
  const StateDict state = state_of(calibrated);
  const StateDict whole = with_room(state, *data);
  if (!config.output.model.empty()) {
    dry_run.model_bytes = bytes_written([&](std::ostream& out) {
      write_model(masked, out, extra_files(config.model.path, whole));
    });
    report.verification = verify_masked({masked, model, state}, first_batch(*data));
  }
  if (!config.output.state.empty())
    dry_run.state_bytes = bytes_written([&](std::ostream& out) { write_state(whole, out); });
  if (!config.output.compact.empty()) {
    const auto small =
        compact(masked, state.meta.method, sizes_to_try(first_batch(*data).arguments),
                config.output.compact_options);
    dry_run.small_bytes = bytes_written([&](std::ostream& out) {
      write_model(small.module, out, extra_files(config.model.path, whole));
    });
  }
  report.command = "run";
  report.origin = state.meta;
  report.layers = report_layers(state.layers, warnings);
  report.dry_run = dry_run;
  report.timing.total_seconds = stopwatch.seconds();
  return std::move(report);
}

}  // namespace actsparse
