#include <spdlog/spdlog.h>

#include "base/error.h"
#include "pipeline/calibration.h"
#include "sparsifier/merge_states.h"

namespace actsparse {
namespace {

void check_same_job(const StateMeta& now, const std::string& fingerprint, const StateMeta& then) {
  const BatchRun &own = now.coverage.front(), &seen = then.coverage.at(0);
  std::string other = job_difference(now, then);
  if (other.empty() && fingerprint != then.checkpoint->data_fingerprint)
    other = "the data (names, sizes or modification times of its files)";
  if (other.empty() && (own.first != seen.first || own.step != seen.step)) other = "the shard";
  if (!other.empty())
    throw Error(ErrorKind::State, other +
                                      " differs from that of the job that left the checkpoint; "
                                      "undo the change, or leave --resume out to start anew");
}

}  // namespace

void resume(Calibration& calibration, const StateDict& checkpoint, const RunConfig& run) {
  auto& [job, meta, checkpoints, precision, seconds, ranks] = calibration;
  const StateMeta& then = checkpoint.meta;
  if (then.coverage.size() != 1 || then.coverage[0].count != then.batches)
    throw Error(ErrorKind::State, "the checkpoint is damaged; remove it to start anew");
  check_same_job(meta, job.fingerprint, then);
  job.sparsifier.load_state_dict(checkpoint);
  job.data->skip(then.batches);
  meta.precision = then.precision;
  meta.batches = then.batches;
  meta.samples = then.samples;
  meta.arguments = then.arguments;
  meta.coverage = then.coverage;
  precision = PrecisionReport{then.checkpoint->fast, run.precision, then.precision};
  warn_of_fallback(calibration);
  if (then.precision == "fast") job.sparsifier.resume_fast_clone(then.arguments);
  job.sparsifier.set_model_changes(then.checkpoint->attributes);
  spdlog::info("going on after batch {} of {}", meta.batches, job.data->batches());
}

}  // namespace actsparse
