#include "pipeline/judge_levels.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "base/stopwatch.h"
#include "pipeline/examination.h"
#include "repair/group_trials.h"

namespace actsparse {
namespace {

void tell_trials(const RunOptions& options, const std::string& what, int64_t done, int64_t all,
                 const Stopwatch& stopwatch) {
  if (options.progress) options.progress({done, all, 0, stopwatch.seconds(), what});
  if (options.is_interrupted())
    throw Error(ErrorKind::Interrupted,
                fmt::format("interrupted after {} {} of {}", what, done, all));
}

// Judges all groups at all levels in one pass over the batches.
class LevelJudges {
 public:
  LevelJudges(const Config& config, const FunctionTable& functions,
              const std::vector<TrialGroup>& groups)
      : config_(config), evaluation_(make_evaluation(search_evaluation(config), functions)) {
    for (const auto& group : groups) judges_.emplace_back(group.levels.size(), Judge(*evaluation_));
  }

  void run(const GroupTrials& trials, SearchPart part, const RunOptions& options,
           SensitivityReport& report) {
    const Stopwatch stopwatch;
    EvaluationData data = open_search_data(config_, part);
    report.data = data.name;
    const int64_t all = data.batches->batches();
    for (int64_t number = 0; auto batch = data.batches->next(); ++number) {
      try {
        add(trials, *batch, data.has_labels, data.seed + static_cast<uint64_t>(number));
      } catch (const Error& error) {
        throw error.in(batch->origin);
      }
      ++report.batches;
      report.samples += batch->samples;
      tell_trials(options, "batches", number + 1, all, stopwatch);
    }
  }

  // What each point came to.
  void finish(SensitivityReport& report) const {
    for (size_t group = 0; group < judges_.size(); ++group)
      for (size_t level = 0; level < judges_[group].size(); ++level)
        report.groups[group].points[level].metrics = of_one_output(judges_[group][level]);
    report.metric = metric_shown(report);
  }

 private:
  void add(const GroupTrials& trials, Batch& batch, bool has_labels, uint64_t seed) {
    at::Tensor labels;
    if (has_labels) {
      labels = batch.arguments.back().toTensor();
      batch.arguments.pop_back();
    }
    BaselineBatch expected;
    trials.run(
        batch.arguments, seed,
        [&](const c10::IValue& output) { expected = evaluation_->prepare(output, labels); },
        [&](size_t group, size_t level, const c10::IValue& output) {
          judges_[group][level].add(expected, output);
        });
  }

  static std::vector<Metric> of_one_output(const Judge& judge) {
    auto metrics = judge.judgement().metrics;
    const std::string output = metrics.empty() ? "" : metrics.front().output;
    metrics.erase(std::remove_if(metrics.begin(), metrics.end(),
                                 [&](const Metric& metric) { return metric.output != output; }),
                  metrics.end());
    return metrics;
  }

  std::string metric_shown(const SensitivityReport& report) const {
    const SensitivityPoint& point = report.groups.front().points.front();
    for (const auto& gate : config_.search.holds) require(point, gate.metric, gate.path);
    if (config_.search.metric.empty())
      return metric_of(point, "kl") != nullptr ? "kl" : "relative_error";
    require(point, config_.search.metric, "search.metric");
    return config_.search.metric;
  }

  static void require(const SensitivityPoint& point, const std::string& metric,
                      const std::string& path) {
    if (metric_of(point, metric) != nullptr) return;
    std::vector<std::string> names;
    for (const auto& each : point.metrics) names.push_back(each.name);
    throw Error(ErrorKind::Config, path + ": found '" + metric +
                                       "', which these answers do not have, allowed " +
                                       quoted_list(names) + did_you_mean(metric, names));
  }

  const Config& config_;
  std::unique_ptr<Evaluation> evaluation_;  // judges refer to it
  std::vector<std::vector<Judge>> judges_;
};

// The session's model with some mask in each layer: which one does not matter.
Session masked_anyhow(const LevelTrials& trials, const Session& session) {
  Masks any;
  for (const auto& group : trials.groups)
    any.insert(group.levels.front().begin(), group.levels.front().end());
  return session.with(masked_model(session, trials.layers, any));
}

}  // namespace

void judge_levels(const LevelTrials& trials, const PreparedJob& job, const Config& config,
                  SearchPart part, const RunOptions& options, SensitivityReport& report) {
  LevelJudges judges(config, job.sparsifier.functions(), trials.groups);
  GroupTrials alone(masked_anyhow(trials, job.session), trials.groups, config.repair);
  const Stopwatch fitting;
  const auto fitted = open_batches(config.repair.data ? *config.repair.data : config.data);
  alone.fit(*fitted, [&](int64_t done, int64_t all) {
    tell_trials(options, "fitting batches", done, all, fitting);
  });
  report.left = alone.left();
  report.repair = config.repair.method;
  report.fit_seconds = fitting.seconds();
  const Stopwatch judging;
  judges.run(alone, part, options, report);
  judges.finish(report);
  report.judge_seconds = judging.seconds();
}

}  // namespace actsparse
