#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/counted.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/stopwatch.h"
#include "pipeline/calibration.h"
#include "pipeline/outputs.h"
#include "pipeline/trial_batches.h"
#include "report/answer.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

StateMeta meta_at_start(const PreparedJob& job, const Shard& shard) {
  StateMeta meta;
  static_cast<Provenance&>(meta) = job.origin;
  meta.total_batches = job.data->total_batches();
  meta.coverage = {{shard.index - 1, shard.count, 0}};
  meta.function_sources = job.sparsifier.functions().sources();
  return meta;
}

void check_unchanged(const PreparedJob& job) {
  if (job.data->fingerprint() == job.fingerprint) return;
  throw Error(ErrorKind::Data,
              "the data changed while it was read (a file's size or modification time); calibrate "
              "again when nothing writes to it");
}

Calibration calibrate_some(const Config& config, const RunOptions& options, Checkpoints checkpoints,
                           int64_t most, Seen seen) {
  const auto checkpoint = options.resume ? checkpoints.read() : std::nullopt;
  Calibration calibration{prepare(config, options), {}, std::move(checkpoints)};
  auto& [job, meta, kept, precision, seconds, ranks] = calibration;
  meta = meta_at_start(job, own_shard(options));
  if (checkpoint) try {
      resume(calibration, *checkpoint, config.run);
    } catch (const Error& error) {
      throw error.in(kept.path().string());
    }
  spdlog::info("calibrating {} on {}", counted(static_cast<int64_t>(job.layers.size()), "layer"),
               counted(std::min(most, job.data->batches()), "batch"));
  run_batches(calibration, config, options, most);
  settle_uncalled(job, config, meta.batches == meta.total_batches ? Seen::All : seen);
  return calibration;
}

// Shards do not see what the others' batches leave in the model.
void warn_of_model_changes(PreparedJob& job) {
  std::vector<std::string> names;
  for (const auto& [name, value] : job.sparsifier.model_changes()) names.push_back(name);
  if (names.empty()) return;
  job.warnings.add("the model writes into itself (" + quoted_list(names) +
                   "), which other shards do not see: if later batches depend on it, calibrate in "
                   "one piece");
}

bool is_aligned(const LayerRecord& layer) { return layer.settings.align.is_on(); }

// Whether a mask may come to hold the number of samples: what is kept of the layer does, in some
// dimension (a streaming statistic has one more than its mask).
bool may_hold_samples(const LayerRecord& layer) {
  if (layer.data() == nullptr || layer.input_shape.empty() || layer.input_shape[0] < 2)
    return false;
  const auto kept = as_list(*layer.data());
  return std::any_of(kept.begin(), kept.end(), [&](const at::Tensor& tensor) {
    const auto sizes = tensor.sizes();
    return std::find(sizes.begin(), sizes.end(), layer.input_shape[0]) != sizes.end();
  });
}

// What the model must be run once more for, on the first batch: how channels belong together, and
// whether it takes other numbers of samples. Of a shard without a batch the others' states tell.
void try_sizes(Calibration& calibration) {
  PreparedJob& job = calibration.job;
  const auto layers = job.sparsifier.layers();
  const bool aligns = std::any_of(layers.begin(), layers.end(), is_aligned);
  const bool counts = std::any_of(layers.begin(), layers.end(), may_hold_samples);
  if ((!aligns && !counts) || job.data->batches() == 0) return;
  const TrialBatch batch = first_batch(*job.data, "calibration batch");
  if (counts && !takes_other_counts(job.session, batch.arguments))
    calibration.meta.takes_one_size = true;
  job.sparsifier.set_samples(samples_of(calibration.meta));
  if (aligns) job.sparsifier.find_channels(find_trials(in_eval_mode(job.session), batch).sizes);
}

}  // namespace

std::filesystem::path main_output(const OutputConfig& output) {
  if (!output.state.empty()) return output.state;
  if (!output.model.empty()) return output.model;
  if (!output.compact.empty()) return output.compact;
  return output.report.empty() ? output.html : output.report;
}

StateDict state_of(const Calibration& calibration) {
  StateDict state = calibration.job.sparsifier.state_dict();
  state.meta = calibration.meta;
  return state;
}

Report report_of(const Calibration& calibration, const std::string& command) {
  Report report;
  report.command = command;
  report.origin = calibration.meta;
  report.warnings = calibration.job.warnings.texts();
  report.precision = calibration.precision;
  report.timing.load_seconds = calibration.job.load_seconds;
  report.timing.calibrate_seconds = calibration.seconds;
  report.timing.ranks = calibration.ranks;
  return report;
}

Calibration calibrate_all(const Config& config, const RunOptions& options,
                          const std::filesystem::path& output) {
  Calibration calibration = calibrate_some(config, options, {config, output, options.group},
                                           std::numeric_limits<int64_t>::max(), Seen::Shard);
  PreparedJob& job = calibration.job;
  calibration.meta.data_digest = job.data->digest();
  check_unchanged(job);
  if (!own_shard(options).is_whole()) warn_of_model_changes(job);
  combine_ranks(calibration, config, options.group);
  if (options.group.is_first()) try_sizes(calibration);  // whose state is written
  return calibration;
}

Calibration calibrate_first(const Config& config, const RunOptions& options) {
  Calibration calibration = calibrate_some(config, options, {}, 1, Seen::First);
  try_sizes(calibration);
  return calibration;
}

Report calibrate(const Config& config, const std::filesystem::path& state_out,
                 const RunOptions& options) {
  const Stopwatch stopwatch;
  check_output_path(config, state_out, "--state");
  Outputs outputs;
  if (options.group.is_first()) outputs.reserve(state_out);
  const Calibration calibration = calibrate_all(config, options, state_out);
  options.group.let_go();
  const StateDict state = state_of(calibration);
  if (options.group.is_first())
    outputs.create(state_out).write([&](std::ostream& out) { write_state(state, out); });
  outputs.commit();
  options.group.finish();
  calibration.checkpoints.remove();
  Report report = report_of(calibration, "calibrate");
  report.layers = report_layers(state.layers, {});
  report.outputs = {{"state", state_out.filename().string()}};
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const CalibrateRequest& request, const RunOptions& options) {
  return calibrate(request.config, request.state_out, options);
}

}  // namespace actsparse
