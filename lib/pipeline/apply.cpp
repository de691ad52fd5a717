#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "model/load_model.h"
#include "model/run_clone.h"
#include "pipeline/evaluation_answer.h"
#include "pipeline/make_models.h"
#include "pipeline/outputs.h"
#include "pipeline/prepared_job.h"
#include "pipeline/refuse_dynamic.h"
#include "pipeline/repair_model.h"
#include "pipeline/stages.h"
#include "pipeline/trial_batch.h"
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

// A stepped state and the model it was made with.
struct Stepped {
  StateDict state;
  Session session;
};

Stepped load_stepped(const fs::path& model, const fs::path& file, const std::string& device) {
  StateDict state = read_state(file);
  const StateMeta& meta = state.meta;
  Session session{load_model(model, device), meta.method, meta.mode == "train", device};
  try {
    check_model_digest(state, digest_of_file(model, ErrorKind::Model), model);
    check_stepped(state);
  } catch (const Error& error) {
    throw error.in(file.string());
  }
  return {std::move(state), std::move(session)};
}

// Zeros in place of integers need not be an input that the model takes.
TrialBatch made_up(const Session& session, const StateMeta& meta) try {
  TrialBatch batch{made_up_batch(meta.arguments), "random values"};
  run_clone(session, batch.arguments);
  return batch;
} catch (const Error& error) {
  throw Error(ErrorKind::Data,
              "the inputs that were made up (random values, zeros where integers are wanted) are "
              "none that the model takes; give real ones with -c CONFIG, whose data are then used, "
              "or with --input FILE: " +
                  std::string(error.what()))
      .with_details(error.details());
}

TrialBatch trial_batch(const ApplyRequest& request, const Stepped& stepped) {
  if (!request.data) return made_up(stepped.session, stepped.state.meta);
  const auto data = open_batches(*request.data);
  check_memory(data->batch_bytes());
  return first_batch(*data, request.config ? "calibration batch" : "first batch");
}

std::vector<std::pair<std::string, std::string>> output_names(const ApplyRequest& request,
                                                              const Made& made) {
  std::vector<std::pair<std::string, std::string>> names = {
      {"model", request.masked_out.filename().string()}};
  if (made.compact) names.emplace_back("compact", request.small_out.filename().string());
  return names;
}

}  // namespace

Report apply(const ApplyRequest& request, const RunOptions& options) {
  const Stopwatch stopwatch;
  const auto& [model_path, state_path, masked_out, small_out, form, config, data, repairs] =
      request;
  check_paths(masked_out, small_out, {model_path, state_path});
  Outputs outputs;
  outputs.reserve(masked_out);
  outputs.reserve(small_out);
  const FunctionTable functions = config ? load_functions(*config) : FunctionTable();
  if (config) check_evaluation(*config, functions, options);
  if (repairs) check_repair(*config);
  const Stepped stepped = load_stepped(model_path, state_path, options.device);
  const auto& [state, session] = stepped;
  if (repairs) refuse_dynamic(state, "repair");
  check_memory(0);
  ActivationSparsifier sparsifier(session);
  sparsifier.load_state_dict(state);
  Report report;
  Warnings warnings;
  report.timing.load_seconds = stopwatch.seconds();
  Squashed squashed{session, sparsifier.squash_mask(), state};
  std::optional<Repairs> repairs_made;
  if (repairs) {
    RepairCheckpoint none;
    repairs_made = repair_in_place(squashed, *config, masked_out.parent_path(), options, none);
  }
  const TrialBatch batch = trial_batch(request, stepped);
  const auto made = make_models(outputs,
                                {model_path, masked_out, small_out, form,
                                 config ? config->output.compact_options : CompactOptions()},
                                squashed, batch, warnings);
  report.evaluation =
      judge_made(config ? &*config : nullptr, functions, {model_path.filename().string(), session},
                 made.models, repairs_made ? &*repairs_made : nullptr, batch, options);
  if (repairs_made) report.repair = repairs_made->report;
  log_warnings(report.evaluation->warnings);
  if (report.evaluation->passed()) {
    outputs.commit();
    report.outputs = output_names(request, made);
    if (made.failure) report.failure = without_small(*made.failure, report.outputs);
  }
  report.verification = made.verification;
  report.compact = made.compact;
  report.command = "apply";
  report.origin = state.meta;
  report.layers = report_layers(state.layers, {});
  report.warnings = warnings.texts();
  report.timing.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const ApplyRequest& request, const RunOptions& options) {
  const Report report = apply(request, options);
  Answer answer(report);
  if (report.failure) answer.fail(*report.failure);
  fail_by_gates(answer, report.evaluation, "nothing was written");
  return answer;
}

}  // namespace actsparse
