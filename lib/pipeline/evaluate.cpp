#include <set>
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

// Files, as reports call them: a/masked.pt and b/masked.pt must be told apart.
std::vector<std::string> names_of(const std::vector<fs::path>& paths) {
  std::set<std::string> names, files;
  for (const auto& path : paths) {
    names.insert(path.filename().string());
    files.insert(path.string());
  }
  std::vector<std::string> called;
  for (const auto& path : paths)
    called.push_back(names.size() == files.size() ? path.filename().string() : path.string());
  return called;
}

std::vector<Contestant> load_candidates(const std::vector<fs::path>& paths,
                                        const Session& baseline) {
  std::vector<Contestant> candidates;
  const auto names = names_of(paths);
  for (size_t i = 0; i < paths.size(); ++i) {
    const auto model = load_model(paths[i], baseline.device);
    try {
      require_method(model, baseline.method);
    } catch (const Error& error) {
      throw error.in(paths[i].string());
    }
    candidates.push_back({names[i], baseline.with(model)});
  }
  return candidates;
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

// What was asked for when the state's batches were counted. What a state says of itself is wrong
// only if it is damaged.
Examination examination_of(const EvaluationState& state, const fs::path& file) try {
  std::vector<std::string> names;
  for (const auto& candidate : state.candidates) names.push_back(candidate.model);
  const Config config = parse_config(state.config, {}, "its config");
  return {config.evaluate.value_or(EvaluateConfig()), FunctionTable(state.function_sources), names};
} catch (const Error& error) {
  throw Error(ErrorKind::State, file.string() + ": the state is damaged: " + error.what());
}

void merge(Examination& examination, const EvaluationState& part, const fs::path& file) try {
  examination.merge(part);
} catch (const Error& error) {
  throw error.in(file.string());
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
  Examination examination = examination_of(whole, states_in[0]);
  merge(examination, whole, states_in[0]);
  for (size_t i = 1; i < states_in.size(); ++i) {
    const EvaluationState part = read_evaluation_state(states_in[i]);
    check_parts(whole, states_in[0].string(), part, states_in[i].string());
    merge(examination, part, states_in[i]);
    examination.save(whole);
  }
  outputs.create(state_out).write(
      [&](std::ostream& out) { write_archive(to_ivalue(whole), out, "the state"); });
  outputs.commit();
  EvaluationReport report = examination.report();
  report.baseline = fs::path(whole.origin.model).filename().string();
  report.data = whole.data;
  report.data_digest = whole.origin.data_digest;
  report.warnings = warnings_of_data(whole.data);
  drop_gates_of_part(report, whole);
  log_warnings(report.warnings);
  report.total_seconds = stopwatch.seconds();
  return report;
}

Answer perform(const EvaluateRequest& request, const RunOptions& options) {
  return evaluation_answer(evaluate(request, options));
}

}  // namespace actsparse
