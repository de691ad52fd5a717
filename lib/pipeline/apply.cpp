#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "model/load_model.h"
#include "pipeline/evaluation_answer.h"
#include "pipeline/judge_models.h"
#include "pipeline/masked_model.h"
#include "pipeline/outputs.h"
#include "pipeline/prepared_job.h"
#include "pipeline/small_model.h"
#include "sparsifier/made_up_batch.h"
#include "sparsifier/state_file.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

void check_model_digest(const StateDict& state, const std::string& digest, const fs::path& model) {
  if (state.meta.model_digest == digest) return;
  throw Error(ErrorKind::State, "the state was made with another model than " + model.string() +
                                    ": '" + state.meta.model + "', SHA-256 " +
                                    state.meta.model_digest.substr(0, 12) + "..., not " +
                                    digest.substr(0, 12) + "...; calibrate this model");
}

void check_stepped(const StateDict& state) {
  for (const auto& layer : state.layers)
    if (!layer.gate)
      throw Error(ErrorKind::State,
                  layer_text(layer.site.layer) +
                      " has no mask yet; run 'actsparse step' on the state first");
}

void check_paths(const fs::path& masked, const fs::path& small,
                 const std::vector<fs::path>& inputs) {
  refuse_overwriting("-o", masked, inputs);
  refuse_overwriting("--compact", small, inputs);
  const auto whole = [](const fs::path& path) {
    return (fs::current_path() / path).lexically_normal();
  };
  if (whole(masked) == whole(small))
    throw Error(ErrorKind::Usage, "-o and --compact are the same file");
}

// The models that were made, for what they cost in answers.
EvaluationReport judge(const Config* config, const ActivationSparsifier& sparsifier,
                       const Contestant& unmasked, const std::vector<Contestant>& models,
                       const TrialBatch& batch, const RunOptions& options) {
  const bool judges = config != nullptr && config->evaluate.has_value();
  return judges ? judge_models(*config, sparsifier.functions(), unmasked, models, options)
                : glance(unmasked, models, batch, 0);
}

}  // namespace

Report apply(const ApplyRequest& request, const RunOptions& options) {
  const Stopwatch stopwatch;
  const auto& [model_path, state_path, masked_out, small_out, form, config] = request;
  check_paths(masked_out, small_out, {model_path, state_path});
  Outputs outputs;
  outputs.reserve(masked_out);
  outputs.reserve(small_out);
  const FunctionTable functions = config ? load_functions(*config) : FunctionTable();
  if (config) check_evaluation(*config, functions, options);
  const StateDict state = read_state(state_path);
  const StateMeta& meta = state.meta;
  const Session session{load_model(model_path, options.device), meta.method, meta.mode == "train",
                        options.device};
  check_memory(0);
  try {
    check_model_digest(state, digest_of_file(model_path, ErrorKind::Model), model_path);
    check_stepped(state);
  } catch (const Error& error) {
    throw error.in(state_path.string());
  }
  ActivationSparsifier sparsifier(session, functions);
  sparsifier.load_state_dict(state);
  Report report;
  Warnings warnings;
  report.timing.load_seconds = stopwatch.seconds();
  const Squashed squashed{session, sparsifier.squash_mask(), state};
  const TrialBatch batch = {made_up_batch(meta.arguments), "random values"};
  const auto masked =
      write_masked(outputs, {model_path, masked_out, form}, squashed, batch, warnings);
  report.verification = masked.verification;
  std::vector<Contestant> models = {{masked_out.filename().string(), session.with(masked.model)}};
  if (!small_out.empty()) {
    const auto small = write_small(outputs, {small_out, extra_files(model_path, state)},
                                   session.with(squashed.masked), batch.arguments, {});
    report.compact = small.report;
    models.push_back({small_out.filename().string(), session.with(small.model)});
  }
  report.evaluation = judge(config ? &*config : nullptr, sparsifier,
                            {model_path.filename().string(), session}, models, batch, options);
  log_warnings(report.evaluation->warnings);
  if (report.evaluation->passed()) {
    outputs.commit();
    report.outputs = {{"model", masked_out.filename().string()}};
    if (!small_out.empty()) report.outputs.emplace_back("compact", small_out.filename().string());
  }
  report.command = "apply";
  report.origin = meta;
  report.layers = report_layers(state.layers, {});
  report.warnings = warnings.texts();
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const ApplyRequest& request, const RunOptions& options) {
  const Report report = apply(request, options);
  Answer answer(report);
  fail_by_gates(answer, report.evaluation, "nothing was written");
  return answer;
}

}  // namespace actsparse
