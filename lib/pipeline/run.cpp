#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/stopwatch.h"
#include "pipeline/calibration.h"
#include "pipeline/evaluation_answer.h"
#include "pipeline/job_page.h"
#include "pipeline/judge_models.h"
#include "pipeline/make_models.h"
#include "pipeline/outputs.h"
#include "pipeline/repair_checkpoint.h"
#include "pipeline/repair_model.h"
#include "pipeline/share_models.h"
#include "pipeline/stages.h"
#include "report/state_figures.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

std::vector<std::pair<std::string, std::string>> output_names(const OutputConfig& output) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& [key, path] : output_files(output))
    names.emplace_back(key, path.filename().string());
  return names;
}

void leave_out(Report& report, const std::string& output) {
  auto& names = report.outputs;
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&](const auto& name) { return name.first == output; }),
              names.end());
}

// A gate has failed: whoever runs this in a batch job must not find a model.
void keep_models_back(Outputs& outputs, const OutputConfig& output, Report& report) {
  for (const auto& [key, path] : {std::pair("model", output.model), {"compact", output.compact}}) {
    outputs.discard(path);
    leave_out(report, key);
  }
}

ModelFiles model_files(const Config& config) {
  const OutputConfig& output = config.output;
  return {config.model.path, output.model, output.compact, MaskForm::Buffers,
          output.compact_options};
}

// The other ranks' end: they judge with rank 0, and their checkpoints stay until it has written
// everything.
Report follow(const Calibration& calibration, const Config& config, const RunOptions& options) {
  const PreparedJob& job = calibration.job;
  if (config.evaluate) {
    const auto names = with_stages(model_names(model_files(config)), stage_names(config.repair));
    const Contestant unmasked{config.model.path.filename().string(), job.session};
    judge_models(config, job.sparsifier.functions(), unmasked,
                 receive_models(names, job.session, options.group), options);
  }
  options.group.finish();
  calibration.checkpoints.remove();
  return report_of(calibration, "run");
}

// Rank 0's end: from statistics to the files.
Report write_all(Outputs& outputs, Calibration& calibration, RepairCheckpoint& repairs,
                 const Config& config, const RunOptions& options, const Stopwatch& stopwatch) {
  PreparedJob& job = calibration.job;
  // As it is before step() gives the data up.
  const bool draws = !config.output.html.empty();
  const auto seen = draws ? job.sparsifier.layers() : std::vector<LayerRecord>();
  const auto warnings = job.sparsifier.step();
  log_warnings(warnings);
  options.group.progress("computed the masks");
  Squashed squashed{job.session, job.sparsifier.squash_mask(), state_of(calibration)};
  std::optional<Repairs> repairs_made;
  if (config.repair.is_on()) {
    repairs_made = repair_in_place(squashed, config, main_output(config.output).parent_path(),
                                   options, repairs);
    options.group.progress("repaired the masked model");
  }
  const TrialBatch batch = first_batch(*job.data, "calibration batch");
  const Made made = make_models(outputs, model_files(config), squashed, batch, job.warnings);
  if (made.failure && config.output.state.empty() && config.output.model.empty())
    throw *made.failure;  // there is nothing to be kept in their place
  options.group.progress("made the models");
  const EvaluationReport evaluation = judge_made(
      &config, job.sparsifier.functions(), {config.model.path.filename().string(), job.session},
      made.models, repairs_made ? &*repairs_made : nullptr, batch, options);
  log_warnings(evaluation.warnings);
  if (!config.output.state.empty())
    outputs.create(config.output.state).write([&](std::ostream& out) {
      write_state(squashed.state, out);
    });
  Report report = report_of(calibration, "run");
  report.layers = report_layers(squashed.state.layers, warnings);
  report.verification = made.verification;
  if (repairs_made) report.repair = repairs_made->report;
  report.compact = made.compact;
  report.evaluation = evaluation;
  report.outputs = output_names(config.output);
  if (made.failure) leave_out(report, "compact");
  if (!evaluation.passed()) keep_models_back(outputs, config.output, report);
  report.timing.total_seconds = stopwatch.seconds();
  if (draws) {
    report.figures = layer_figures(seen, squashed.state.layers);
    outputs.create(config.output.html).stream() << page_of({page_report(config, report)});
  }
  if (!config.output.report.empty())
    outputs.create(config.output.report).stream() << to_json(report).dump(2) << '\n';
  outputs.commit();
  if (made.failure) report.failure = without_small(*made.failure, report.outputs);
  return report;
}

// When a gate has failed.
std::string what_is_left(const Report& report) {
  if (report.outputs.empty()) return "nothing was written";
  std::vector<std::string> names;
  for (const auto& [key, name] : report.outputs) names.push_back(name);
  return fmt::format("written: {}; the models were not", fmt::join(names, ", "));
}

// Hours of batches must not be lost with what goes wrong after them: leaves `state`, a checkpoint,
// and says so, where checkpoints were asked for or the user stopped it.
Error keeping(const StateDict& state, Checkpoints& checkpoints, RepairCheckpoint& repairs,
              const Error& error) try {
  if (error.kind() != ErrorKind::Interrupted && !checkpoints.are_asked_for()) return error;
  checkpoints.write(state, 0);
  repairs.write();
  return Error(error.kind(), error.what() + ("; what was calibrated is kept: with --resume a run "
                                             "goes on from " +
                                             checkpoints.path().filename().string()))
      .with_details(error.details());
} catch (const Error&) {
  return error;  // of a disk that is full, say: what was wrong first counts
}

}  // namespace

Report run(const Config& config, const RunOptions& options) {
  const Stopwatch stopwatch;
  Outputs outputs;
  const auto& group = options.group;
  if (group.is_first()) outputs.reserve(config.output);
  check_evaluation(config, load_functions(config), options);
  check_repair(config);
  Calibration calibration = calibrate_all(config, options, main_output(config.output));
  if (!group.is_first()) return follow(calibration, config, options);
  if (!config.evaluate) group.let_go();
  // Each of several ranks has left a checkpoint already.
  const bool can_keep = group.is_alone() && !calibration.checkpoints.path().empty();
  std::optional<StateDict> calibrated;  // as it is before step() gives the data up
  if (can_keep) calibrated = checkpoint_of(calibration);
  RepairCheckpoint repairs;
  if (config.repair.is_on()) {
    repairs = RepairCheckpoint(calibration.checkpoints.path(), config, calibration.meta);
    if (calibrated && calibration.checkpoints.are_asked_for())
      calibration.checkpoints.write(*calibrated, 0);
  }
  Report report;
  try {
    report = write_all(outputs, calibration, repairs, config, options, stopwatch);
  } catch (const Error& error) {
    if (!calibrated) throw;
    throw keeping(*calibrated, calibration.checkpoints, repairs, error);
  }
  group.finish();
  calibration.checkpoints.remove();
  repairs.remove();
  return report;
}

Answer perform(const RunRequest& request, const RunOptions& options) {
  const Report report =
      request.is_dry_run ? dry_run(request.config, options) : run(request.config, options);
  Answer answer(report);
  if (report.failure) answer.fail(*report.failure);
  fail_by_gates(answer, report.evaluation, what_is_left(report));
  return answer;
}

}  // namespace actsparse
