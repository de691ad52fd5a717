#include "pipeline/judge_models.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "base/error.h"
#include "data/write_archive.h"
#include "pipeline/prepared_job.h"
#include "sparsifier/batch_runs.h"

namespace actsparse {
namespace {

constexpr double kLeastAgreement = 0.9, kMostError = 0.5;  // of a glance: docs/quality.md

// The integers that are not the unmasked model's, of all outputs: class indices, say.
double differing_share(const Judgement& judgement) {
  double differing = 0, elements = 0;
  for (const auto& output : judgement.outputs) {
    if (!output.differing) continue;
    differing += static_cast<double>(*output.differing);
    elements += static_cast<double>(output.elements);
  }
  return elements > 0 ? differing / elements : 0;
}

// What shows that the masks cost much; empty if nothing does. A relative error that is NaN shows
// nothing: a model may rule out classes by infinite scores.
std::string cost_of(const Judgement& judgement) {
  const auto* agreement = find_metric(judgement, "agreement");
  const auto* error = find_metric(judgement, "relative_error");
  const double differing = differing_share(judgement);
  if (agreement != nullptr && agreement->value < kLeastAgreement)
    return fmt::format("only {:.0f} % of the answers are the unmasked model's",
                       100 * agreement->value);
  if (error != nullptr && error->value > kMostError)
    return fmt::format("the outputs are off by {:.2g} of their size", error->value);
  if (differing > 1 - kLeastAgreement)
    return fmt::format("{:.0f} % of the whole numbers that it returns differ", 100 * differing);
  return "";
}

// Said once, however many candidates there are: the masked and the small model answer alike.
std::string cost_warning(const EvaluationReport& report) {
  for (const auto& [model, judgement] : report.candidates)
    if (const auto cost = cost_of(judgement); !cost.empty())
      return model + ": the masks cost much: " + cost +
             "; try a lower sparsity, fewer layers or another statistic, and judge it on data with "
             "an \"evaluate\" section (docs/quality.md)";
  return "";
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

}  // namespace

EvaluationReport judge_together(Examination& examination, const Contestant& baseline,
                                const std::vector<Contestant>& candidates,
                                const EvaluationData& data, EvaluationState& state,
                                const RunOptions& options) {
  const auto& group = options.group;
  examination.run(baseline, candidates, data, options);
  examination.save(state);
  if (!group.is_alone())
    spdlog::info("judged {} of {} batches", state.origin.batches, state.total_batches);
  if (!group.is_first()) group.send(archive_bytes(to_ivalue(state)), 0);
  if (group.is_first()) merge_with_others(examination, state, group);
  group.let_go();
  examination.save(state);
  EvaluationReport report = examination.report();
  report.baseline = baseline.name;
  report.data = data.name;
  report.data_digest = state.origin.data_digest;
  report.warnings = data.warnings;
  if (group.is_first()) drop_gates_of_part(report, state);
  return report;
}

void drop_gates_of_part(EvaluationReport& report, const EvaluationState& state) {
  if (state.origin.batches == state.total_batches) return;
  bool had_gates = false;
  for (auto& [model, judgement] : report.candidates) {
    had_gates = had_gates || !judgement.gates.empty();
    judgement.gates.clear();
    judgement.passed = true;
  }
  report.warnings.push_back(fmt::format(
      "not judged: {} of {}{}", batches_text(batches_missing(state.coverage, state.total_batches)),
      state.total_batches, had_gates ? "; gates are held against the whole only" : ""));
}

void check_evaluation(const Config& config, const FunctionTable& functions,
                      const RunOptions& options) {
  if (!config.evaluate) return;
  const Examination examination(*config.evaluate, functions, {});
  check_memory(open_evaluation_data(config, own_shard(options)).batches->batch_bytes());
}

EvaluationReport judge_models(const Config& config, const FunctionTable& functions,
                              const Contestant& baseline, const std::vector<Contestant>& candidates,
                              const RunOptions& options, int64_t most) {
  const auto names = names_of(candidates);
  Examination examination(*config.evaluate, functions, names);
  EvaluationData data = open_evaluation_data(config, own_shard(options));
  data.most = most;
  check_memory(data.batches->batch_bytes());
  EvaluationState state = state_at_start(data, names);
  return judge_together(examination, baseline, candidates, data, state, options);
}

EvaluationReport glance(const Contestant& baseline, const std::vector<Contestant>& candidates,
                        const TrialBatch& batch, uint64_t seed) {
  EvaluationReport report;
  try {
    Examination examination({}, {}, names_of(candidates));
    EvaluationData data;
    data.batches = batches_in_memory({batch.arguments});
    data.seed = seed;
    examination.run(baseline, candidates, data, {});
    report = examination.report();
  } catch (const Error& error) {
    report.warnings.push_back(std::string("what the masks cost could not be seen: ") +
                              error.what());
  }
  report.baseline = baseline.name;
  report.data = batch.name;
  report.is_glance = true;
  if (const auto warning = cost_warning(report); !warning.empty())
    report.warnings.push_back(warning);
  return report;
}

}  // namespace actsparse
