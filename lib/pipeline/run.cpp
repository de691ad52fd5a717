#include <spdlog/spdlog.h>

#include <utility>

#include "base/error.h"
#include "pipeline/stages.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

std::vector<std::pair<std::string, std::string>> output_names(const OutputConfig& output) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& [key, path] : output_files(output))
    names.emplace_back(key, path.filename().string());
  return names;
}

// What checkpoints are named after.
std::filesystem::path main_output(const OutputConfig& output) {
  if (!output.state.empty()) return output.state;
  if (!output.model.empty()) return output.model;
  return output.compact.empty() ? output.report : output.compact;
}

// The other ranks' end: the checkpoint stays until rank 0 has written everything.
Report follow(Calibrated& calibrated, const ProcessGroup& group) {
  group.finish();
  calibrated.checkpoints.remove();
  calibrated.prepared.report.command = "run";
  calibrated.prepared.report.origin = calibrated.meta;
  return std::move(calibrated.prepared.report);
}

}  // namespace

TrialBatch first_batch(BatchSource& data) {
  data.rewind();
  return {data.next().value().arguments, "calibration batch"};
}

Report run(const Config& config, const RunOptions& options) {
  const Stopwatch stopwatch;
  Outputs outputs;
  const bool writes = options.group.is_first();
  if (writes) outputs.reserve(config.output);
  Calibrated calibrated = calibrate_all(config, options, main_output(config.output));
  auto& [model, sparsifier, data, fingerprint, layers, report] = calibrated.prepared;
  if (!writes) return follow(calibrated, options.group);
  const auto warnings = sparsifier.step();
  for (const auto& warning : warnings)
    spdlog::warn("{}: {}", layer_text(warning.layer), warning.text);
  options.group.progress("computed the masks");
  const torch::jit::Module masked = sparsifier.squash_mask();
  const StateDict state = state_of(calibrated);
  if (!config.output.model.empty())
    report.verification =
        write_masked(outputs, {config.model.path, config.output.model, options.device},
                     {masked, model, state}, first_batch(*data));
  if (!config.output.state.empty())
    outputs.create(config.output.state).write([&](std::ostream& out) { write_state(state, out); });
  if (!config.output.compact.empty()) {
    const SmallFile small = {config.output.compact, options.device,
                             extra_files(config.model.path, state)};
    report.compact = write_small(outputs, small, masked, state.meta.method,
                                 first_batch(*data).arguments, config.output.compact_options);
    options.group.progress("removed masked channels");
  }
  report.command = "run";
  report.origin = state.meta;
  report.layers = report_layers(state.layers, warnings);
  report.outputs = output_names(config.output);
  report.timing.total_seconds = stopwatch.seconds();
  if (!config.output.report.empty())
    outputs.create(config.output.report).stream() << to_json(report).dump(2) << '\n';
  outputs.commit();
  options.group.finish();
  calibrated.checkpoints.remove();
  return std::move(report);
}

Answer perform(const RunRequest& request, const RunOptions& options) {
  return request.is_dry_run ? dry_run(request.config, options) : run(request.config, options);
}

}  // namespace actsparse
