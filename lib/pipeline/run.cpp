#include <utility>

#include "base/error.h"
#include "base/stopwatch.h"
#include "pipeline/calibration.h"
#include "pipeline/masked_model.h"
#include "pipeline/outputs.h"
#include "pipeline/small_model.h"
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
Report follow(const Calibration& calibration, const ProcessGroup& group) {
  group.finish();
  calibration.checkpoints.remove();
  return report_of(calibration, "run");
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
  Calibration calibration = calibrate_all(config, options, main_output(config.output));
  if (!writes) return follow(calibration, options.group);
  PreparedJob& job = calibration.job;
  const auto warnings = job.sparsifier.step();
  log_warnings(warnings);
  options.group.progress("computed the masks");
  const Squashed squashed{job.session, job.sparsifier.squash_mask(), state_of(calibration)};
  const StateDict& state = squashed.state;
  std::optional<VerificationReport> verification;
  if (!config.output.model.empty())
    verification = write_masked(outputs, {config.model.path, config.output.model}, squashed,
                                first_batch(*job.data), job.warnings)
                       .verification;
  if (!config.output.state.empty())
    outputs.create(config.output.state).write([&](std::ostream& out) { write_state(state, out); });
  std::optional<CompactReport> compact;
  if (!config.output.compact.empty()) {
    const SmallFile small = {config.output.compact, extra_files(config.model.path, state)};
    compact = write_small(outputs, small, job.session.with(squashed.masked),
                          first_batch(*job.data).arguments, config.output.compact_options)
                  .report;
    options.group.progress("removed masked channels");
  }
  Report report = report_of(calibration, "run");
  report.layers = report_layers(state.layers, warnings);
  report.verification = verification;
  report.compact = compact;
  report.outputs = output_names(config.output);
  report.timing.total_seconds = stopwatch.seconds();
  if (!config.output.report.empty())
    outputs.create(config.output.report).stream() << to_json(report).dump(2) << '\n';
  outputs.commit();
  options.group.finish();
  calibration.checkpoints.remove();
  return report;
}

Answer perform(const RunRequest& request, const RunOptions& options) {
  return request.is_dry_run ? dry_run(request.config, options) : run(request.config, options);
}

}  // namespace actsparse
