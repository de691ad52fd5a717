#include <ATen/Context.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/version.h"
#include "model/why_uncalled.h"
#include "pipeline/stages.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

void check_interrupted(const RunOptions& options, const Progress& progress) {
  if (options.interrupted != nullptr && options.interrupted->load())
    throw Error(ErrorKind::Interrupted,
                "interrupted after batch " + std::to_string(progress.batch) + " of " +
                    std::to_string(progress.batches) + "; nothing was written");
}

void run_batch(ActivationSparsifier& sparsifier, const Batch& batch, uint64_t seed) {
  at::manual_seed(
      seed);  // models that sample give the same batch by batch, wherever a run is split
  try {
    sparsifier.forward(batch.arguments);
  } catch (const Error& error) {
    throw error.in(batch.origin);
  }
}

// The first batch decides which clone the others run through.
PrecisionReport run_first_batch(Prepared& prepared, const Batch& batch, const RunConfig& run) {
  PrecisionReport report;
  report.requested = run.precision;
  if (run.precision != "fast") {
    run_batch(prepared.sparsifier, batch, run.seed);
    return report;
  }
  at::manual_seed(run.seed);
  FastOutcome outcome;
  try {
    outcome = prepared.sparsifier.use_fast_clone(batch.arguments, run.tolerance);
  } catch (const Error& error) {
    throw error.in(batch.origin);
  }
  report.max_difference = outcome.max_difference;
  report.layer = outcome.layer;
  report.reason = outcome.reason;
  if (report.reason.empty()) {
    report.ran = "fast";
    return report;
  }
  prepared.report.warnings.push_back("run.precision \"fast\" fell back to \"exact\": " +
                                     report.reason);
  spdlog::warn("{}", prepared.report.warnings.back());
  return report;
}

Progress run_batches(Prepared& prepared, const Config& config, const RunOptions& options,
                     int64_t most, StateMeta& meta) {
  const Stopwatch stopwatch;
  Progress progress;
  progress.batches = std::min(most, prepared.data->batches());
  while (progress.batch < progress.batches) {
    const auto batch = prepared.data->next();
    if (!batch) break;
    if (progress.batch == 0) {
      meta.arguments = describe(batch->arguments);
      prepared.report.precision = run_first_batch(prepared, *batch, config.run);
    } else {
      run_batch(prepared.sparsifier, *batch,
                config.run.seed + static_cast<uint64_t>(progress.batch));
    }
    ++progress.batch;
    progress.samples += batch->samples;
    progress.seconds = stopwatch.seconds();
    if (options.progress) options.progress(progress);
    check_interrupted(options, progress);
  }
  return progress;
}

std::vector<std::string> uncalled_layers(const ActivationSparsifier& sparsifier) {
  std::vector<std::string> names;
  for (const auto& record : sparsifier.layers())
    if (record.calls == 0) names.push_back(record.site.layer);
  return names;
}

size_t entry_of(const Prepared& prepared, const std::string& name) {
  const auto found = std::find_if(prepared.layers.begin(), prepared.layers.end(),
                                  [&](const auto& layer) { return layer.site.layer == name; });
  return found->entry;
}

// A layer that saw nothing would silently stay unmasked.
void settle_uncalled(Prepared& prepared, const Config& config, bool is_whole) {
  const auto uncalled = uncalled_layers(prepared.sparsifier);
  const auto reasons = why_uncalled(prepared.model, config.model.method, uncalled);
  std::vector<std::string> missing;
  for (size_t i = 0; i < uncalled.size(); ++i) {
    const bool optional = config.layers[entry_of(prepared, uncalled[i])].optional;
    const auto& [reason, is_final] = reasons[i];
    if ((is_whole || is_final) && !optional) {
      missing.push_back("'" + uncalled[i] + "' (" + reason + ")");
      continue;
    }
    prepared.sparsifier.unregister_layer(uncalled[i]);
    prepared.report.warnings.push_back(optional
                                           ? left_out(uncalled[i], reason)
                                           : layer_text(uncalled[i]) + ": never called (" + reason +
                                                 "); an error unless a later batch calls it");
    spdlog::warn("{}", prepared.report.warnings.back());
  }
  if (!missing.empty())
    throw Error(ErrorKind::Model, "never called in this calibration: " + list_text(missing) +
                                      "; take them out, or set \"optional\": true in their entry");
}

std::string config_digest(const Config& config) {
  auto part = config.effective;
  part.erase("output");  // where results go does not change them
  return digest_of(part.dump());
}

}  // namespace

Calibrated calibrate_all(const Config& config, const RunOptions& options, int64_t most) {
  Calibrated calibrated{prepare(config, options), {}};
  Prepared& prepared = calibrated.prepared;
  StateMeta& meta = calibrated.meta;
  const bool is_whole = most >= prepared.data->batches();
  spdlog::info("calibrating {} layers on {} batches", prepared.layers.size(),
               std::min(most, prepared.data->batches()));
  const Progress progress = run_batches(prepared, config, options, most, meta);
  settle_uncalled(prepared, config, is_whole);
  meta.tool_version = tool_version();
  meta.model = prepared.report.model;
  meta.model_digest = prepared.report.model_digest;
  if (is_whole) meta.data_digest = prepared.report.data_digest = prepared.data->digest();
  meta.config_digest = config_digest(config);
  meta.method = config.model.method;
  meta.mode = config.model.mode;
  meta.batches = prepared.report.batches = progress.batch;
  meta.samples = prepared.report.samples = progress.samples;
  meta.function_sources = prepared.sparsifier.functions().sources();
  prepared.report.timing.calibrate_seconds = progress.seconds;
  return calibrated;
}

Report calibrate(const Config& config, const std::filesystem::path& state_out,
                 const RunOptions& options) {
  const Stopwatch stopwatch;
  check_output_path(config, state_out, "--state");
  Outputs outputs;
  outputs.reserve(state_out);
  Calibrated calibrated = calibrate_all(config, options);
  StateDict state = calibrated.prepared.sparsifier.state_dict();
  state.meta = calibrated.meta;
  write_state(state, outputs.create(state_out).stream());
  outputs.commit();
  Report report = std::move(calibrated.prepared.report);
  report.command = "calibrate";
  report.layers = report_layers(state.layers, {});
  report.outputs = {{"state", state_out.filename().string()}};
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

}  // namespace actsparse
