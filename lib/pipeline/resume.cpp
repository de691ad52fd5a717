#include <spdlog/spdlog.h>

#include "base/error.h"
#include "pipeline/stages.h"
#include "sparsifier/merge_states.h"

namespace actsparse {
namespace {

void check_same_job(const StateMeta& now, const std::string& fingerprint, const StateMeta& then) {
  const BatchRun &own = now.coverage.front(), &seen = then.coverage.at(0);
  const std::pair<bool, const char*> parts[] = {
      {now.tool_version == then.tool_version, "the version of actsparse"},
      {now.libtorch_version == then.libtorch_version, "the version of LibTorch"},
      {now.model_digest == then.model_digest, "the model"},
      {now.config_digest == then.config_digest, "the config"},
      {same_functions(now, then), "a functions file"},
      {fingerprint == then.checkpoint->data_fingerprint,
       "the data (names, sizes or modification times of its files)"},
      {own.first == seen.first && own.step == seen.step, "the shard"},
      {now.total_batches == then.total_batches, "the number of batches"}};
  for (const auto& [is_same, what] : parts)
    if (!is_same)
      throw Error(ErrorKind::State, std::string(what) +
                                        " differs from that of the job that left the checkpoint; "
                                        "undo the change, or leave --resume out to start anew");
}

}  // namespace

void resume(Prepared& prepared, StateMeta& meta, const StateDict& checkpoint,
            const RunConfig& run) {
  const StateMeta& then = checkpoint.meta;
  if (then.coverage.size() != 1 || then.coverage[0].count != then.batches)
    throw Error(ErrorKind::State, "the checkpoint is damaged; remove it to start anew");
  check_same_job(meta, prepared.fingerprint, then);
  prepared.sparsifier.load_state_dict(checkpoint);
  prepared.data->skip(then.batches);
  meta.precision = then.precision;
  meta.batches = then.batches;
  meta.samples = then.samples;
  meta.arguments = then.arguments;
  meta.coverage = then.coverage;
  PrecisionReport precision{run.precision, then.precision, then.checkpoint->max_difference,
                            then.checkpoint->layer, then.checkpoint->reason};
  prepared.report.precision = precision;
  warn_of_fallback(prepared.report);
  if (then.precision == "fast") prepared.sparsifier.resume_fast_clone(then.arguments);
  prepared.sparsifier.set_model_changes(then.checkpoint->attributes);
  spdlog::info("going on after batch {} of {}", meta.batches, prepared.data->batches());
}

}  // namespace actsparse
