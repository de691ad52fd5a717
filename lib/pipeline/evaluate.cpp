#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/stopwatch.h"
#include "base/version.h"
#include "data/write_archive.h"
#include "model/load_model.h"
#include "pipeline/evaluation_answer.h"
#include "pipeline/judge_models.h"
#include "pipeline/outputs.h"
#include "pipeline/prepared_job.h"
#include "pipeline/warnings.h"
#include "sparsifier/batch_runs.h"

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

std::vector<std::string> names_of(const std::vector<fs::path>& paths) {
  std::vector<std::string> names;
  for (const auto& path : paths) names.push_back(path.filename().string());
  return names;
}

Provenance origin_of(const Config& config) {
  Provenance origin;
  origin.tool_version = tool_version();
  origin.libtorch_version = libtorch_version();
  origin.model = config.model.written_path;
  origin.model_digest = digest_of_file(config.model.path, ErrorKind::Model);
  origin.method = config.model.method;
  origin.mode = config.model.mode;
  origin.config_digest = config_digest(config);
  return origin;
}

// Everything of the state but what is counted.
EvaluationState state_at_start(const Config& config, const std::vector<fs::path>& candidates,
                               const FunctionTable& functions, const EvaluationData& data) {
  EvaluationState state;
  state.origin = origin_of(config);
  state.origin.data_digest = data.batches->digest();
  state.config = config.effective.dump();
  state.function_sources = functions.sources();
  state.origin.functions = digests_of(state.function_sources);
  state.data = data.name;
  state.total_batches = data.batches->total_batches();
  for (const auto& path : candidates)
    state.candidates.push_back(
        {path.filename().string(), digest_of_file(path, ErrorKind::Model), {}});
  return state;
}

// One after the other, in rank order.
void merge_with_others(Examination& examination, const EvaluationState& own,
                       const ProcessGroup& group) {
  for (int64_t rank = 1; rank < group.size(); ++rank) {
    const auto other = evaluation_from_ivalue(document_from_bytes(group.receive(rank)));
    check_parts(own, "rank 0", other, "rank " + std::to_string(rank));
    examination.merge(other);
    group.progress("merged rank " + std::to_string(rank));
  }
}

EvaluationReport report_of(const Examination& examination, const EvaluationState& state) {
  EvaluationReport report = examination.report();
  report.baseline = fs::path(state.origin.model).filename().string();
  report.data = state.data;
  report.data_digest = state.origin.data_digest;
  return report;
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
  EvaluationState state = state_at_start(config, request.candidates, functions, data);
  examination.run(baseline, candidates, *data.batches, config.evaluate->labels.has_value(),
                  config.run.seed, own_shard(options), options);
  examination.save(state);
  if (!group.is_first()) group.send(archive_bytes(to_ivalue(state)));
  if (group.is_first()) merge_with_others(examination, state, group);
  examination.save(state);
  if (group.is_first() && !request.state_out.empty())
    outputs.create(request.state_out).write([&](std::ostream& out) {
      write_archive(to_ivalue(state), out, "the state");
    });
  outputs.commit();
  group.finish();
  EvaluationReport report = report_of(examination, state);
  report.warnings = data.warnings;
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
  EvaluationReport report = report_of(examination, whole);
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
