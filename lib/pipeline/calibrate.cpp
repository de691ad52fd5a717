#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "pipeline/stages.h"
#include "pipeline/trial_batches.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

StateMeta meta_at_start(const Prepared& prepared, const Shard& shard) {
  StateMeta meta;
  static_cast<Provenance&>(meta) = prepared.report.origin;
  meta.total_batches = prepared.data->total_batches();
  meta.coverage = {{shard.index - 1, shard.count, 0}};
  meta.function_sources = prepared.sparsifier.functions().sources();
  return meta;
}

void check_unchanged(const Prepared& prepared) {
  if (prepared.data->fingerprint() == prepared.fingerprint) return;
  throw Error(ErrorKind::Data,
              "the data changed while it was read (a file's size or modification time); calibrate "
              "again when nothing writes to it");
}

Calibrated calibrate_some(const Config& config, const RunOptions& options, Checkpoints checkpoints,
                          int64_t most, Seen seen) {
  const auto checkpoint = options.resume ? checkpoints.read() : std::nullopt;
  Calibrated calibrated{prepare(config, options), {}, std::move(checkpoints)};
  auto& [prepared, meta, kept] = calibrated;
  meta = meta_at_start(prepared, shard_of(options));
  if (checkpoint) try {
      resume(prepared, meta, *checkpoint, config.run);
    } catch (const Error& error) {
      throw error.in(kept.path().string());
    }
  spdlog::info("calibrating {} layers on {} batches", prepared.layers.size(),
               std::min(most, prepared.data->batches()));
  run_batches(calibrated, config, options, most);
  settle_uncalled(prepared, config, meta.batches == meta.total_batches ? Seen::All : seen);
  return calibrated;
}

// Shards do not see what the others' batches leave in the model.
void warn_of_model_changes(Prepared& prepared) {
  std::vector<std::string> names;
  for (const auto& [name, value] : prepared.sparsifier.model_changes()) names.push_back(name);
  if (names.empty()) return;
  prepared.report.warnings.push_back(
      "the model writes into itself (" + quoted_list(names) +
      "), which other shards do not see: if later batches depend on it, calibrate in one piece");
  spdlog::warn("{}", prepared.report.warnings.back());
}

// Of a shard without a batch the others' states tell.
void find_channels(Prepared& prepared) {
  const auto layers = prepared.sparsifier.layers();
  const auto is_aligned = [](const LayerRecord& layer) { return layer.settings.align.is_on(); };
  if (std::none_of(layers.begin(), layers.end(), is_aligned)) return;
  prepared.data->rewind();
  if (const auto batch = prepared.data->next())
    prepared.sparsifier.find_channels(sizes_to_try(batch->arguments));
}

}  // namespace

Shard shard_of(const RunOptions& options) {
  const auto& group = options.group;
  return group.is_alone() ? options.shard : Shard{group.rank() + 1, group.size()};
}

StateDict state_of(const Calibrated& calibrated) {
  StateDict state = calibrated.prepared.sparsifier.state_dict();
  state.meta = calibrated.meta;
  return state;
}

Calibrated calibrate_all(const Config& config, const RunOptions& options,
                         const std::filesystem::path& output) {
  Calibrated calibrated = calibrate_some(config, options, {config, output, options.group},
                                         std::numeric_limits<int64_t>::max(), Seen::Shard);
  const auto& data = *calibrated.prepared.data;
  calibrated.meta.data_digest = data.digest();
  check_unchanged(calibrated.prepared);
  if (!shard_of(options).is_whole()) warn_of_model_changes(calibrated.prepared);
  combine_ranks(calibrated, config, options.group);
  if (options.group.is_first()) find_channels(calibrated.prepared);  // whose state is written
  return calibrated;
}

Calibrated calibrate_first(const Config& config, const RunOptions& options) {
  Calibrated calibrated = calibrate_some(config, options, {}, 1, Seen::First);
  find_channels(calibrated.prepared);
  return calibrated;
}

Report calibrate(const Config& config, const std::filesystem::path& state_out,
                 const RunOptions& options) {
  const Stopwatch stopwatch;
  check_output_path(config, state_out, "--state");
  Outputs outputs;
  if (options.group.is_first()) outputs.reserve(state_out);
  Calibrated calibrated = calibrate_all(config, options, state_out);
  const StateDict state = state_of(calibrated);
  if (options.group.is_first())
    outputs.create(state_out).write([&](std::ostream& out) { write_state(state, out); });
  outputs.commit();
  options.group.finish();
  calibrated.checkpoints.remove();
  Report report = std::move(calibrated.prepared.report);
  report.command = "calibrate";
  report.origin = state.meta;
  report.layers = report_layers(state.layers, {});
  report.outputs = {{"state", state_out.filename().string()}};
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const CalibrateRequest& request, const RunOptions& options) {
  return calibrate(request.config, request.state_out, options);
}

}  // namespace actsparse
