#include "pipeline/examination.h"

#include <ATen/Context.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "base/stopwatch.h"
#include "model/device_of.h"
#include "model/gate_counter.h"
#include "model/own_types.h"
#include "model/run_method.h"
#include "pipeline/one_sample.h"
#include "sparsifier/batch_runs.h"
#include "sparsifier/document_reader.h"

namespace actsparse {
namespace {

using c10::IValue;
using Arguments = std::vector<IValue>;

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
        session_(contestant.session.with(clone_with_own_types(
            contestant.session.model, modules_with_gates(contestant.session.model)))),
        gates_(session_.model) {
    session_.model.train(session_.training);
  }

  /// Floating tensors of the batch become `dtype`, if there is one.
  void take_inputs_as(std::optional<at::ScalarType> dtype) { dtype_ = dtype; }

  IValue run(const Arguments& batch, uint64_t seed) {
    const Stopwatch stopwatch;
    at::manual_seed(seed);
    IValue output = run_method(session_.model, session_.method, own_copy(batch));
    wait_for(session_.device);
    seconds_ += stopwatch.seconds();
    return output;
  }

  const std::string& name() const { return name_; }
  /// Of the last run.
  std::vector<GateCount> take_zeros() { return gates_.take(); }
  double seconds() const { return seconds_; }  // of all forwards

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
  GateCounter gates_;
  std::optional<at::ScalarType> dtype_;
  double seconds_ = 0;
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
    const auto own = functions.metric_names();
    if (find_built_in_metric(asked.name) != nullptr) {
      if (std::find(own.begin(), own.end(), asked.name) == own.end()) continue;
      throw Error(ErrorKind::Function,
                  fmt::format("{}: '{}' is a built-in metric and a function of yours; rename the "
                              "function",
                              asked.path, asked.name));
    }
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

void add_answer(Judge& judge, const BaselineBatch& expected, Runner& candidate,
                const Arguments& batch, uint64_t seed) {
  const IValue answer = run_candidate(candidate, batch, seed);
  try {
    judge.add(expected, answer);
    for (const auto& [layer, zeros, elements] : candidate.take_zeros())
      judge.add_zeros(layer, zeros, elements);
  } catch (const Error& error) {
    throw error.in(candidate.name());
  }
}

at::Tensor take_last(Arguments& batch) {
  at::Tensor last = batch.back().toTensor();
  batch.pop_back();
  return last;
}

// After every batch.
void tell(const Progress& progress, const RunOptions& options) {
  if (options.progress) options.progress(progress);
  options.group.progress("judged batch " + std::to_string(progress.batch) + " of " +
                         std::to_string(progress.batches));
  if (options.is_interrupted())
    throw Error(ErrorKind::Interrupted, "interrupted while models were judged");
  if (const auto failure = options.group.failure())
    throw Error(ErrorKind::Interrupted, *failure + "; this rank stopped");
}

}  // namespace

std::vector<std::string> names_of(const std::vector<Contestant>& contestants) {
  std::vector<std::string> names;
  for (const auto& contestant : contestants) names.push_back(contestant.name);
  return names;
}

std::unique_ptr<Evaluation> make_evaluation(const EvaluateConfig& config,
                                            const FunctionTable& functions) {
  return std::make_unique<Evaluation>(config, user_metrics(config, functions));
}

Examination::Examination(const EvaluateConfig& config, const FunctionTable& functions,
                         std::vector<std::string> candidates)
    : evaluation_(make_evaluation(config, functions)),
      names_(std::move(candidates)),
      judges_(names_.size(), Judge(*evaluation_)) {}

void Examination::run(const Contestant& baseline, const std::vector<Contestant>& candidates,
                      const EvaluationData& data, const RunOptions& options) {
  const Stopwatch stopwatch;
  Runner unmasked(baseline);
  auto runners = candidate_runners(baseline, candidates);
  Progress progress;
  progress.batches = std::min(data.most, data.batches->batches());
  coverage_ = {{data.shard.index - 1, data.shard.count, 0}};
  while (batches_ < progress.batches) {
    auto batch = data.batches->next();
    if (!batch) break;
    const int64_t number = coverage_[0].first + coverage_[0].step * batches_;
    const uint64_t seed = data.seed + static_cast<uint64_t>(number);
    try {
      const at::Tensor labels = data.has_labels ? take_last(batch->arguments) : at::Tensor();
      const auto expected = evaluation_->prepare(unmasked.run(batch->arguments, seed), labels);
      if (batches_ == 0)
        one_sample_ = is_one_sample(baseline.session, batch->arguments, expected.output);
      for (size_t i = 0; i < runners.size(); ++i)
        add_answer(judges_[i], expected, runners[i], batch->arguments, seed);
    } catch (const Error& error) {
      throw error.kind() == ErrorKind::Interrupted ? error : error.in(batch->origin);
    }
    coverage_[0].count = progress.batch = ++batches_;
    progress.samples = samples_ += one_sample_ ? 1 : batch->samples;
    progress.seconds = seconds_ = stopwatch.seconds();
    tell(progress, options);
  }
  forward_seconds_ = unmasked.seconds();
  for (const auto& runner : runners) forward_seconds_ += runner.seconds();
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

}  // namespace actsparse
