#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "data/write_archive.h"
#include "model/load_model.h"
#include "pipeline/evaluation_answer.h"
#include "pipeline/judge_models.h"
#include "pipeline/outputs.h"
#include "pipeline/prepared_job.h"
#include "pipeline/warnings.h"

namespace actsparse {
namespace {

namespace fs = std::filesystem;

std::vector<Contestant> load_candidates(const std::vector<fs::path>& paths,
                                        const Session& baseline) {
  std::vector<Contestant> candidates;
  for (const auto& path : paths) {
    const auto model = load_model(path, baseline.device);
    try {
      require_method(model, baseline.method);
    } catch (const Error& error) {
      throw error.in(path.string());
    }
    candidates.push_back({path.filename().string(), baseline.with(model)});
  }
  return candidates;
}

// Files, as reports call them.
std::vector<std::string> names_of(const std::vector<fs::path>& paths) {
  std::vector<std::string> names;
  for (const auto& path : paths) names.push_back(path.filename().string());
  return names;
}

// As other processes must know it, to take only what belongs to it.
EvaluationState state_of(const EvaluateRequest& request, const Config& config,
                         const FunctionTable& functions, const EvaluationData& data) {
  EvaluationState state = state_at_start(data, names_of(request.candidates));
  const std::string data_digest = state.origin.data_digest;
  state.origin = origin_of(config, functions);
  state.origin.data_digest = data_digest;
  state.config = config.effective.dump();
  state.function_sources = functions.sources();
  for (size_t i = 0; i < request.candidates.size(); ++i)
    state.candidates[i].digest = digest_of_file(request.candidates[i], ErrorKind::Model);
  return state;
}

FunctionTable functions_of(const std::vector<FunctionSource>& sources) {
  FunctionTable functions;
  for (const auto& source : sources) functions.add_source(source);
  return functions;
}

EvaluateConfig evaluate_config(const EvaluationState& state) {
  const Config config = parse_config(state.config, {}, "the state's config");
  return config.evaluate.value_or(EvaluateConfig());
}

}  // namespace

EvaluationReport evaluate(const EvaluateRequest& request, const RunOptions& options) {
  const Stopwatch stopwatch;
  Config config = request.config;
  if (!config.evaluate) config.evaluate.emplace();
  const auto& group = options.group;
  Outputs outputs;
  if (group.is_first()) outputs.reserve(request.state_out);
  const FunctionTable functions = load_functions(config);
  Examination examination(*config.evaluate, functions, names_of(request.candidates));
  const EvaluationData data = open_evaluation_data(config, own_shard(options));
  const Contestant baseline{config.model.path.filename().string(), load_session(config, options)};
  const auto candidates = load_candidates(request.candidates, baseline.session);
  check_memory(data.batches->batch_bytes());
  EvaluationState state = state_of(request, config, functions, data);
  EvaluationReport report = judge_together(examination, baseline, candidates, data, state, options);
  if (group.is_first() && !request.state_out.empty())
    outputs.create(request.state_out).write([&](std::ostream& out) {
      write_archive(to_ivalue(state), out, "the state");
    });
  outputs.commit();
  group.finish();
  log_warnings(report.warnings);
  report.total_seconds = stopwatch.seconds();
  return report;
}

EvaluationReport merge_evaluations(const std::vector<fs::path>& states_in,
                                   const fs::path& state_out) {
  const Stopwatch stopwatch;
  refuse_overwriting("--state", state_out, states_in);
  Outputs outputs;
  outputs.reserve(state_out);
  EvaluationState whole = read_evaluation_state(states_in.at(0));
  std::vector<std::string> names;
  for (const auto& candidate : whole.candidates) names.push_back(candidate.model);
  Examination examination(evaluate_config(whole), functions_of(whole.function_sources), names);
  examination.merge(whole);
  for (size_t i = 1; i < states_in.size(); ++i) {
    const EvaluationState part = read_evaluation_state(states_in[i]);
    check_parts(whole, states_in[0].string(), part, states_in[i].string());
    examination.merge(part);
    examination.save(whole);
  }
  outputs.create(state_out).write(
      [&](std::ostream& out) { write_archive(to_ivalue(whole), out, "the state"); });
  outputs.commit();
  EvaluationReport report = examination.report();
  report.baseline = fs::path(whole.origin.model).filename().string();
  report.data = whole.data;
  report.data_digest = whole.origin.data_digest;
  if (whole.origin.batches < whole.total_batches)
    report.warnings.push_back(
        "not judged yet: " + std::to_string(whole.total_batches - whole.origin.batches) + " of " +
        std::to_string(whole.total_batches) + " batches");
  log_warnings(report.warnings);
  report.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const EvaluateRequest& request, const RunOptions& options) {
  return evaluation_answer(evaluate(request, options));
}

}  // namespace actsparse
