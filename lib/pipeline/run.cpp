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
#include "pipeline/share_models.h"
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

// As config.output has them: the masked one, and the small one if it is asked for.
std::vector<std::string> model_names(const OutputConfig& output) {
  std::vector<std::string> names = {output.model.empty() ? "masked model"
                                                         : output.model.filename().string()};
  if (!output.compact.empty()) names.push_back(output.compact.filename().string());
  return names;
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
  const auto names = model_names(config.output);
  torch::jit::Module masked = squashed.masked;
  if (!config.output.model.empty()) {
    auto written =
        write_masked(outputs, {config.model.path, config.output.model}, squashed, batch, warnings);
    made.verification = written.verification;
    masked = written.model;
  }
  made.models.push_back({names[0], session.with(masked)});
  if (config.output.compact.empty()) return made;
  auto small =
      write_small(outputs, {config.output.compact, extra_files(config.model.path, squashed.state)},
                  session.with(squashed.masked), batch.arguments, config.output.compact_options);
  made.compact = std::move(small.report);
  made.models.push_back({names[1], session.with(small.model)});
  return made;
}

EvaluationReport judge(const Config& config, const PreparedJob& job,
                       const std::vector<Contestant>& models, const RunOptions& options) {
  const Contestant unmasked{config.model.path.filename().string(), job.session};
  return judge_models(config, job.sparsifier.functions(), unmasked, models, options);
}

// Rank 0's part.
EvaluationReport judge_made(const Config& config, const PreparedJob& job, const Made& made,
                            const TrialBatch& batch, const RunOptions& options) {
  if (!config.evaluate)
    return glance({config.model.path.filename().string(), job.session}, made.models, batch,
                  config.run.seed);
  send_models(made.models, options.group);
  return judge(config, job, made.models, options);
}

// The other ranks' end: they judge with rank 0, and their checkpoints stay until it has written
// everything.
Report follow(const Calibration& calibration, const Config& config, const RunOptions& options) {
  const PreparedJob& job = calibration.job;
  if (config.evaluate) {
    const auto names = model_names(config.output);
    judge(config, job, receive_models(names, job.session, options.group), options);
  }
  options.group.finish();
  calibration.checkpoints.remove();
  return report_of(calibration, "run");
}

}  // namespace

Report run(const Config& config, const RunOptions& options) {
  const Stopwatch stopwatch;
  Outputs outputs;
  const bool writes = options.group.is_first();
  if (writes) outputs.reserve(config.output);
  check_evaluation(config, load_functions(config), options);
  Calibration calibration = calibrate_all(config, options, main_output(config.output));
  if (!writes) return follow(calibration, config, options);
  if (!config.evaluate) options.group.let_go();
  PreparedJob& job = calibration.job;
  const auto warnings = job.sparsifier.step();
  log_warnings(warnings);
  options.group.progress("computed the masks");
  const Squashed squashed{job.session, job.sparsifier.squash_mask(), state_of(calibration)};
  const TrialBatch batch = first_batch(*job.data);
  const Made made = make_models(outputs, config, squashed, batch, job.warnings);
  options.group.progress("made the models");
  const EvaluationReport evaluation = judge_made(config, job, made, batch, options);
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
