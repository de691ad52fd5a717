#include "base/stopwatch.h"
#include "pipeline/picture.h"
#include "pipeline/pipeline.h"
#include "pipeline/refuse_dynamic.h"
#include "pipeline/share_levels.h"
#include "report/answer.h"

namespace actsparse {

SensitivityReport sensitivity(const Config& config, const RunOptions& options) {
  const Stopwatch stopwatch;
  refuse_dynamic(config, "sensitivity");
  check_search_metrics(config, load_functions(config));
  Calibration calibration =
      calibrate_alone(config, options, main_output(config.output).string() + ".search");
  SensitivityReport report;
  const SmallShares small(calibration.job.session,
                          first_batch(*calibration.job.data, "calibration batch"),
                          config.output.compact_options);
  const LevelTrials trials = level_trials(calibration, config, report);
  judge_levels_together(trials, calibration.job, config, SearchPart::All, small, options, false,
                        report);
  options.group.finish();
  calibration.checkpoints.remove();
  report.origin = calibration.meta;
  report.warnings = calibration.job.warnings.texts();
  report.calibrate_seconds = calibration.seconds;
  report.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const SensitivityRequest& request, const RunOptions& options) {
  Picture picture(request.config, request.picture, options);
  SensitivityReport report = sensitivity(request.config, options);
  if (picture.is_wanted()) picture.write(sensitivity_picture(report));
  return report;
}

}  // namespace actsparse
