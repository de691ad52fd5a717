#include "pipeline/judge_models.h"

#include <ATen/Context.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "base/stopwatch.h"
#include "model/own_types.h"
#include "model/run_method.h"
#include "pipeline/prepared_job.h"
#include "sparsifier/batch_runs.h"
#include "sparsifier/document_reader.h"

namespace actsparse {
namespace {

using c10::IValue;
using Arguments = std::vector<IValue>;

constexpr double kLeastAgreement = 0.9, kMostError = 0.5;  // of a glance: docs/quality.md

// The one floating dtype of all parameters; nothing if they differ, or there is none.
std::optional<at::ScalarType> parameter_dtype(const torch::jit::Module& model) {
  std::set<at::ScalarType> dtypes;
  for (const auto& parameter : model.parameters())
    if (parameter.is_floating_point()) dtypes.insert(parameter.scalar_type());
  return dtypes.size() == 1 ? std::optional(*dtypes.begin()) : std::nullopt;
}

// A model that is run: a clone, so that what it writes into itself stays there.
class Runner {
 public:
  explicit Runner(const Contestant& contestant)
      : name_(contestant.name),
        session_(contestant.session.with(clone_with_own_types(contestant.session.model, {}))) {
    session_.model.train(session_.training);
  }

  /// Floating tensors of the batch become `dtype`, if there is one.
  void take_inputs_as(std::optional<at::ScalarType> dtype) { dtype_ = dtype; }

  IValue run(const Arguments& batch, uint64_t seed) {
    at::manual_seed(seed);
    return run_method(session_.model, session_.method, own_copy(batch));
  }

  const std::string& name() const { return name_; }

 private:
  // A model may write to its inputs.
  Arguments own_copy(const Arguments& batch) const {
    Arguments copy;
    for (const auto& argument : batch) {
      const bool is_cast = dtype_ && argument.isTensor() && argument.toTensor().is_floating_point();
      copy.push_back(is_cast ? IValue(argument.toTensor().to(*dtype_, false, true))
                             : argument.deepcopy());
    }
    return copy;
  }

  std::string name_;
  Session session_;
  std::optional<at::ScalarType> dtype_;
};

Error unknown_metric(const FunctionConfig& asked, const FunctionTable& functions) {
  std::vector<std::string> names = functions.metric_names();
  for (const auto& metric : built_in_metrics) names.emplace_back(metric.name);
  return Error(ErrorKind::Config,
               fmt::format("{}: found '{}', allowed {}{}", asked.path, asked.name,
                           quoted_list(names), did_you_mean(asked.name, names)));
}

std::vector<UserMetric> user_metrics(const EvaluateConfig& config, const FunctionTable& functions) {
  std::vector<UserMetric> metrics;
  for (const auto& asked : config.metrics.value_or(std::vector<FunctionConfig>())) {
    if (find_built_in_metric(asked.name) != nullptr) continue;
    auto function = functions.metric(asked);
    if (!function) throw unknown_metric(asked, functions);
    metrics.push_back({asked.name, std::move(*function), functions.takes_labels(asked)});
  }
  return metrics;
}

// Half-precision candidates want half-precision inputs; a baseline takes the data as they are.
std::vector<Runner> candidate_runners(const Contestant& baseline,
                                      const std::vector<Contestant>& candidates) {
  const auto usual = parameter_dtype(baseline.session.model);
  std::vector<Runner> runners;
  for (const auto& candidate : candidates) {
    runners.emplace_back(candidate);
    const auto own = parameter_dtype(candidate.session.model);
    if (own != usual) runners.back().take_inputs_as(own);
  }
  return runners;
}

IValue run_candidate(Runner& runner, const Arguments& batch, uint64_t seed) try {
  return runner.run(batch, seed);
} catch (const Error& error) {
  throw Error(ErrorKind::Check,
              runner.name() + ": fails where the baseline does not: " + error.what())
      .with_details(error.details());
}

const Metric* find_metric(const Judgement& judgement, const std::string& name) {
  for (const auto& metric : judgement.metrics)
    if (metric.name == name) return &metric;
  return nullptr;
}

// Said once, however many candidates there are: the masked and the small model answer alike.
std::string cost_warning(const EvaluationReport& report) {
  for (const auto& [model, judgement] : report.candidates) {
    const auto* agreement = find_metric(judgement, "agreement");
    const auto* error = find_metric(judgement, "relative_error");
    const bool disagrees = agreement != nullptr && agreement->value < kLeastAgreement;
    const bool is_far = error != nullptr && !(error->value <= kMostError);
    if (!disagrees && !is_far) continue;
    const std::string how =
        disagrees ? fmt::format("only {:.0f} % of the answers are the unmasked model's",
                                100 * agreement->value)
                  : fmt::format("the outputs are off by {:.2g} of their size", error->value);
    return model + ": the masks cost much: " + how +
           "; try a lower sparsity, fewer layers or another statistic, and judge it on data with "
           "an \"evaluate\" section (docs/quality.md)";
  }
  return "";
}

}  // namespace

Examination::Examination(const EvaluateConfig& config, const FunctionTable& functions,
                         std::vector<std::string> candidates)
    : evaluation_(std::make_unique<Evaluation>(config, user_metrics(config, functions))),
      names_(std::move(candidates)),
      judges_(names_.size(), Judge(*evaluation_)) {}

void Examination::run(const Contestant& baseline, const std::vector<Contestant>& candidates,
                      BatchSource& batches, bool has_labels, uint64_t seed, const Shard& shard,
                      const RunOptions& options, int64_t most) {
  const Stopwatch stopwatch;
  Runner unmasked(baseline);
  auto runners = candidate_runners(baseline, candidates);
  Progress progress;
  progress.batches = std::min(most, batches.batches());
  coverage_ = {{shard.index - 1, shard.count, 0}};
  while (batches_ < progress.batches) {
    auto batch = batches.next();
    if (!batch) break;
    try {
      const uint64_t own_seed =
          seed + static_cast<uint64_t>(coverage_[0].first + coverage_[0].step * batches_);
      at::Tensor labels;
      if (has_labels) {
        labels = batch->arguments.back().toTensor();
        batch->arguments.pop_back();
      }
      const Stopwatch forward;
      const IValue output = unmasked.run(batch->arguments, own_seed);
      forward_seconds_ += forward.seconds();
      const BaselineBatch expected = evaluation_->prepare(output, labels);
      for (size_t i = 0; i < runners.size(); ++i) {
        const Stopwatch again;
        const IValue answer = run_candidate(runners[i], batch->arguments, own_seed);
        forward_seconds_ += again.seconds();
        try {
          judges_[i].add(expected, answer);
        } catch (const Error& error) {
          throw error.in(names_[i]);
        }
      }
      samples_ += batch->samples;
      coverage_[0].count = progress.batch = ++batches_;
      progress.samples = samples_;
      progress.seconds = seconds_ = stopwatch.seconds();
      if (options.progress) options.progress(progress);
      options.group.progress("judged batch " + std::to_string(batches_) + " of " +
                             std::to_string(progress.batches));
      if (options.is_interrupted())
        throw Error(ErrorKind::Interrupted, "interrupted while models were judged");
    } catch (const Error& error) {
      throw error.kind() == ErrorKind::Interrupted ? error : error.in(batch->origin);
    }
  }
}

void Examination::save(EvaluationState& state) const {
  state.origin.batches = batches_;
  state.origin.samples = samples_;
  state.coverage = coverage_;
  for (size_t i = 0; i < judges_.size(); ++i) state.candidates.at(i).tallies = judges_[i].tensors();
}

void Examination::merge(const EvaluationState& state) {
  if (state.candidates.size() != judges_.size()) broken_state("it has other candidates");
  for (size_t i = 0; i < judges_.size(); ++i) judges_[i].merge(state.candidates[i].tallies);
  batches_ += state.origin.batches;
  samples_ += state.origin.samples;
  auto runs = coverage_;
  runs.insert(runs.end(), state.coverage.begin(), state.coverage.end());
  coverage_ = runs_of(batches_in(runs));
}

EvaluationReport Examination::report() const {
  EvaluationReport report;
  for (size_t i = 0; i < judges_.size(); ++i)
    report.candidates.push_back({names_[i], judges_[i].judgement()});
  report.batches = batches_;
  report.samples = samples_;
  report.forward_seconds = forward_seconds_;
  report.seconds = seconds_;
  return report;
}

EvaluationReport judge_models(const Config& config, const FunctionTable& functions,
                              const Contestant& baseline, const std::vector<Contestant>& candidates,
                              const RunOptions& options, int64_t most) {
  std::vector<std::string> names;
  for (const auto& candidate : candidates) names.push_back(candidate.name);
  Examination examination(*config.evaluate, functions, names);
  const auto data = open_evaluation_data(config, {});
  check_memory(data.batches->batch_bytes());
  examination.run(baseline, candidates, *data.batches, config.evaluate->labels.has_value(),
                  config.run.seed, {}, options, most);
  EvaluationReport report = examination.report();
  report.baseline = baseline.name;
  report.data = data.name;
  report.data_digest = data.batches->digest();
  report.warnings = data.warnings;
  return report;
}

EvaluationReport glance(const Contestant& baseline, const std::vector<Contestant>& candidates,
                        const TrialBatch& batch, uint64_t seed) {
  std::vector<std::string> names;
  for (const auto& candidate : candidates) names.push_back(candidate.name);
  EvaluationReport report;
  try {
    Examination examination({}, {}, names);
    const auto data = batches_in_memory({batch.arguments});
    examination.run(baseline, candidates, *data, false, seed, {}, {});
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

EvaluationData open_evaluation_data(const Config& config, const Shard& shard) {
  const EvaluateConfig& evaluate = *config.evaluate;
  EvaluationData data;
  data.name = evaluate.data ? "evaluate.data" : "calibration data";
  const DataConfig& source = evaluate.data ? *evaluate.data : config.data;
  data.batches = evaluate.labels ? open_labelled_batches(source, evaluate.labels->file, shard)
                                 : open_batches(source, shard);
  if (!evaluate.data)
    data.warnings.push_back(
        "judged on the calibration data, which chose the masks: the figures flatter them; give "
        "evaluate.data samples of its own");
  return data;
}

}  // namespace actsparse
