#include "base/error.h"
#include "base/stopwatch.h"
#include "pipeline/outputs.h"
#include "pipeline/pipeline.h"
#include "pipeline/sensitivity_trials.h"
#include "report/answer.h"

namespace actsparse {

SensitivityReport sensitivity(const Config& config, const RunOptions& options) {
  const Stopwatch stopwatch;
  if (!options.group.is_alone())
    throw Error(ErrorKind::Usage, "sensitivity is work for one process; start it without ranks");
  Calibration calibration = calibrate_all(config, options, main_output(config.output));
  SensitivityReport report;
  const SmallShares small(calibration.job.session,
                          first_batch(*calibration.job.data, "calibration batch"),
                          config.output.compact_options);
  judge_levels(level_trials(calibration, config, report), calibration.job, config, SearchPart::All,
               small, options, report);
  calibration.checkpoints.remove();
  report.origin = calibration.meta;
  report.warnings = calibration.job.warnings.texts();
  report.calibrate_seconds = calibration.seconds;
  report.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const SensitivityRequest& request, const RunOptions& options) {
  Outputs outputs;
  if (!request.picture.empty()) {
    check_output_path(request.config, request.picture, "--picture");
    outputs.reserve(request.picture);
  }
  SensitivityReport report = sensitivity(request.config, options);
  if (!request.picture.empty())
    outputs.create(request.picture).stream() << sensitivity_picture(report);
  outputs.commit();
  return report;
}

}  // namespace actsparse
