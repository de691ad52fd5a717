#include "base/error.h"
#include "base/stopwatch.h"
#include "compact/without_masks.h"
#include "model/extra_files.h"
#include "model/load_model.h"
#include "pipeline/evaluation_answer.h"
#include "pipeline/judge_models.h"
#include "pipeline/outputs.h"
#include "pipeline/prepared_job.h"
#include "pipeline/small_model.h"
#include "pipeline/trial_batch.h"
#include "pipeline/warnings.h"

namespace actsparse {
namespace {

EvaluationReport judge(const CompactRequest& request, const Session& masked, const Session& small,
                       const TrialBatch& batch, const RunOptions& options) {
  const auto name = request.small_out.filename().string();
  const auto& config = request.config;
  if (!config || !config->evaluate)
    return glance({"the model without masks", without_masks(masked)}, {{name, small}}, batch, 0);
  const Session unmasked = load_session(*config, options);  // whose mode all run in
  return judge_models(*config, load_functions(*config),
                      {config->model.path.filename().string(), unmasked},
                      {{request.masked.filename().string(), unmasked.with(masked.model)},
                       {name, unmasked.with(small.model)}},
                      options);
}

}  // namespace

CompactResult compact(const CompactRequest& request, const RunOptions& options) {
  const Stopwatch stopwatch;
  refuse_overwriting("-o", request.small_out, {request.masked});
  Outputs outputs;
  outputs.reserve(request.small_out);
  if (request.config) check_evaluation(*request.config, load_functions(*request.config), options);
  const auto& settings = request.settings;
  const Session masked{load_model(request.masked, options.device), settings.method, false,
                       options.device};
  require_method(masked.model, masked.method);
  const auto data = open_batches(settings.data);
  check_memory(data->batch_bytes());
  const TrialBatch batch = first_batch(*data, request.config ? "calibration batch" : "first batch");
  const auto small = write_small(outputs, {request.small_out, read_extra_files(request.masked)},
                                 masked, batch, settings.options);
  if (small.report.layers.empty())
    throw Error(ErrorKind::Model,
                "there is no mask in the model: no activation is multiplied by a constant that has "
                "zeros; give the masked model that 'actsparse run' or 'apply' wrote");
  CompactResult result{small.report, request.masked.filename().string(),
                       request.small_out.filename().string(),
                       judge(request, masked, masked.with(small.model), batch, options)};
  log_warnings(result.evaluation.warnings);
  if (result.evaluation.passed()) outputs.commit();
  result.total_seconds = stopwatch.seconds();
  return result;
}

Answer perform(const CompactRequest& request, const RunOptions& options) {
  const CompactResult result = compact(request, options);
  Answer answer(result);
  fail_by_gates(answer, result.evaluation, "nothing was written");
  return answer;
}

}  // namespace actsparse
