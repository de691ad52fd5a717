#include <ATen/Context.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/version.h"
#include "pipeline/stages.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

std::vector<ArgumentRecord> describe(const Batch& batch) {
  std::vector<ArgumentRecord> arguments;
  for (const auto& argument : batch.arguments) {
    if (argument.isTensor())
      arguments.push_back(
          {argument.toTensor().sizes().vec(), argument.toTensor().scalar_type(), {}});
    else
      arguments.push_back({{}, std::nullopt, argument});
  }
  return arguments;
}

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

Progress run_batches(Prepared& prepared, const Config& config, const RunOptions& options,
                     StateMeta& meta) {
  const Stopwatch stopwatch;
  Progress progress;
  progress.batches = prepared.data->batches();
  while (auto batch = prepared.data->next()) {
    if (progress.batch == 0) meta.arguments = describe(*batch);
    run_batch(prepared.sparsifier, *batch, config.run.seed + static_cast<uint64_t>(progress.batch));
    ++progress.batch;
    progress.samples += batch->samples;
    progress.seconds = stopwatch.seconds();
    if (options.progress) options.progress(progress);
    check_interrupted(options, progress);
  }
  return progress;
}

// A layer that saw nothing would silently stay unmasked.
void settle_uncalled(Prepared& prepared, const Config& config) {
  std::vector<std::string> uncalled;
  for (const auto& record : prepared.sparsifier.layers()) {
    if (record.calls > 0) continue;
    const std::string& name = record.site.layer;
    size_t entry = 0;
    for (const auto& layer : prepared.layers)
      if (layer.site.layer == name) entry = layer.entry;
    if (!config.layers[entry].optional) {
      uncalled.push_back(name);
      continue;
    }
    prepared.sparsifier.unregister_layer(name);
    prepared.report.warnings.push_back(layer_text(name) +
                                       ": never called; left out, as its entry is optional");
    spdlog::warn("{}", prepared.report.warnings.back());
  }
  if (!uncalled.empty())
    throw Error(ErrorKind::Model, "never called in this calibration: " + quoted_list(uncalled) +
                                      " (a branch that is not taken, or code that reads the "
                                      "layer's parameters directly); take "
                                      "them out, or set \"optional\": true in their entry");
}

std::string config_digest(const Config& config) {
  auto part = config.effective;
  part.erase("output");  // where results go does not change them
  return digest_of(part.dump());
}

}  // namespace

Calibrated calibrate_all(const Config& config, const RunOptions& options) {
  Calibrated calibrated{prepare(config, options), {}};
  Prepared& prepared = calibrated.prepared;
  StateMeta& meta = calibrated.meta;
  spdlog::info("calibrating {} layers on {} batches", prepared.layers.size(),
               prepared.data->batches());
  const Progress progress = run_batches(prepared, config, options, meta);
  settle_uncalled(prepared, config);
  meta.tool_version = tool_version();
  meta.model = prepared.report.model;
  meta.model_digest = prepared.report.model_digest;
  meta.data_digest = prepared.report.data_digest = prepared.data->digest();
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
