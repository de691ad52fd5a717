#include "pipeline/stages.h"

#include "pipeline/share_models.h"

namespace actsparse {
namespace {

std::string last_stage(const RepairConfig& config) {
  if (config.tune) return "tuned";
  return config.method == "none" ? "batch_norm" : config.method;
}

StageScores scores_of(const std::string& stage, const Judgement& judgement) {
  StageScores scores{stage};
  const auto is_first_output = [&](const Metric& metric) {
    return metric.output == judgement.metrics.front().output;
  };
  for (const auto& metric : judgement.metrics)
    if (is_first_output(metric)) scores.metrics.emplace_back(metric.name, metric.value);
  return scores;
}

// Moves what the stages that with_stages() has put there came to, and the masked model as the last,
// to the report: no gate is held against a stage.
void take_stages(EvaluationReport& evaluation, size_t count, RepairReport& repair,
                 const RepairConfig& config) {
  auto& candidates = evaluation.candidates;
  if (candidates.size() <= count) return;  // they could not be judged
  const auto first = candidates.begin() + 1, last = first + static_cast<std::ptrdiff_t>(count);
  for (auto stage = first; stage != last; ++stage)
    repair.stages.push_back(scores_of(stage->model, stage->judgement));
  repair.stages.push_back(scores_of(last_stage(config), candidates.front().judgement));
  candidates.erase(first, last);
}

}  // namespace

std::vector<std::string> stage_names(const RepairConfig& config) {
  if (!config.is_on()) return {};
  std::vector<std::string> names = {"masked"};
  if (config.tune && config.changes_layers())
    names.push_back(config.method == "none" ? "batch_norm" : config.method);
  return names;
}

EvaluationReport judge_made(const Config* config, const FunctionTable& functions,
                            const Contestant& unmasked, const std::vector<Contestant>& models,
                            Repairs* repairs, const TrialBatch& batch, const RunOptions& options) {
  const auto stages = repairs != nullptr ? repairs->stages : std::vector<Contestant>();
  const auto take = [&](EvaluationReport& judged) {
    if (repairs != nullptr) take_stages(judged, stages.size(), repairs->report, config->repair);
  };
  const uint64_t seed = config != nullptr ? config->run.seed : 0;
  if (config != nullptr && config->evaluate) {
    const auto all = with_stages(models, stages);
    send_models(all, options.group);
    EvaluationReport judged = judge_models(*config, functions, unmasked, all, options);
    take(judged);
    return judged;
  }
  if (!stages.empty()) {
    EvaluationReport judged = glance(unmasked, with_stages({models.front()}, stages), batch, seed);
    take(judged);
  }
  return glance(unmasked, models, batch, seed);
}

}  // namespace actsparse
