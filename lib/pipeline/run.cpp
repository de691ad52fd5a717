#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/stopwatch.h"
#include "pipeline/calibration.h"
#include "pipeline/evaluation_answer.h"
#include "pipeline/judge_models.h"
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

// A gate has failed: whoever runs this in a batch job must not find a model.
void keep_models_back(Outputs& outputs, const OutputConfig& output, Report& report) {
  for (const auto& [key, path] : {std::pair("model", output.model), {"compact", output.compact}}) {
    outputs.discard(path);
    auto& names = report.outputs;
    names.erase(std::remove_if(names.begin(), names.end(),
                               [key = key](const auto& name) { return name.first == key; }),
                names.end());
  }
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

namespace {

std::string file_name(const std::filesystem::path& path, const char* otherwise) {
  return path.empty() ? otherwise : path.filename().string();
}

// What was made of the model, for what it costs in answers.
struct Made {
  std::optional<VerificationReport> verification;
  std::optional<CompactReport> compact;
  std::vector<Contestant> models;
};

Made make_models(Outputs& outputs, const Config& config, const Squashed& squashed,
                 const TrialBatch& batch, Warnings& warnings) {
  Made made;
  const Session& session = squashed.unmasked;
  torch::jit::Module masked = squashed.masked;
  if (!config.output.model.empty()) {
    auto written =
        write_masked(outputs, {config.model.path, config.output.model}, squashed, batch, warnings);
    made.verification = written.verification;
    masked = written.model;
  }
  made.models.push_back({file_name(config.output.model, "masked model"), session.with(masked)});
  if (config.output.compact.empty()) return made;
  auto small =
      write_small(outputs, {config.output.compact, extra_files(config.model.path, squashed.state)},
                  session.with(squashed.masked), batch.arguments, config.output.compact_options);
  made.compact = std::move(small.report);
  made.models.push_back({file_name(config.output.compact, ""), session.with(small.model)});
  return made;
}

EvaluationReport judge(const Config& config, const PreparedJob& job,
                       const std::vector<Contestant>& models, const TrialBatch& batch,
                       const RunOptions& options) {
  const Contestant unmasked{file_name(config.model.path, ""), job.session};
  return config.evaluate
             ? judge_models(config, job.sparsifier.functions(), unmasked, models, options)
             : glance(unmasked, models, batch, config.run.seed);
}

}  // namespace

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
  const TrialBatch batch = first_batch(*job.data);
  const Made made = make_models(outputs, config, squashed, batch, job.warnings);
  options.group.progress("made the models");
  const EvaluationReport evaluation = judge(config, job, made.models, batch, options);
  log_warnings(evaluation.warnings);
  if (!config.output.state.empty())
    outputs.create(config.output.state).write([&](std::ostream& out) {
      write_state(squashed.state, out);
    });
  Report report = report_of(calibration, "run");
  report.layers = report_layers(squashed.state.layers, warnings);
  report.verification = made.verification;
  report.compact = made.compact;
  report.evaluation = evaluation;
  report.outputs = output_names(config.output);
  if (!evaluation.passed()) keep_models_back(outputs, config.output, report);
  report.timing.total_seconds = stopwatch.seconds();
  if (!config.output.report.empty())
    outputs.create(config.output.report).stream() << to_json(report).dump(2) << '\n';
  outputs.commit();
  options.group.finish();
  calibration.checkpoints.remove();
  return report;
}

Answer perform(const RunRequest& request, const RunOptions& options) {
  const Report report =
      request.is_dry_run ? dry_run(request.config, options) : run(request.config, options);
  Answer answer(report);
  fail_by_gates(answer, report.evaluation, "state and report were written, the models were not");
  return answer;
}

}  // namespace actsparse
