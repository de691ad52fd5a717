#include "pipeline/sensitivity_trials.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"
#include "base/stopwatch.h"
#include "model/apply_masks.h"
#include "model/layer_weights.h"
#include "pipeline/examination.h"
#include "pipeline/small_shares.h"
#include "repair/group_trials.h"
#include "sparsifier/layer_groups.h"
#include "sparsifier/level_masks.h"

namespace actsparse {
namespace {

std::vector<Site> sites_of(const std::vector<LayerRecord>& layers) {
  std::vector<Site> sites;
  for (const auto& layer : layers) sites.push_back(layer.site);
  return sites;
}

}  // namespace

torch::jit::Module masked_model(const Session& session, const std::vector<LayerRecord>& layers,
                                const Masks& masks) {
  std::vector<MaskSite> sites;
  for (const auto& layer : layers)
    if (const auto mask = masks.find(layer.site.layer); mask != masks.end())
      sites.push_back({layer.site, mask->second});
  return apply_masks(session, sites);
}

namespace {

double sparsity_of(const Masks& masks) {
  int64_t dropped = 0, all = 0;
  for (const auto& [layer, mask] : masks) {
    all += mask.numel();
    dropped += mask.numel() - mask.count_nonzero().item<int64_t>();
  }
  return all == 0 ? 0 : static_cast<double>(dropped) / static_cast<double>(all);
}

// Those of the layers that can be given another sparsity; the others are told.
std::vector<LayerRecord> layers_with_levels(const Calibration& calibration,
                                            SensitivityReport& report) {
  std::vector<LayerRecord> found;
  for (auto& layer : calibration.job.sparsifier.layers()) {
    const auto reason = why_no_level(layer, calibration.job.sparsifier.functions());
    if (reason)
      report.not_tried.push_back({layer.site.layer, *reason});
    else
      found.push_back(std::move(layer));
  }
  if (!found.empty()) return found;
  throw Error(ErrorKind::Config, "no layer has a sparsity that could be another one: " +
                                     report.not_tried.front().layer + ": " +
                                     report.not_tried.front().reason);
}

std::vector<TrialGroup> trial_groups(const std::vector<LayerRecord>& layers,
                                     const std::vector<Masks>& masks) {
  std::vector<TrialGroup> groups;
  for (const auto& places : layer_groups(layers)) {
    TrialGroup group;
    for (const size_t place : places) group.layers.push_back(layers[place].site.layer);
    for (const Masks& at_level : masks) {
      auto& own = group.levels.emplace_back();
      for (const auto& layer : group.layers)
        if (const auto mask = at_level.find(layer); mask != at_level.end())
          own.emplace(layer, mask->second);
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

// Between (0, 1), (a, at_a) and (b, at_b): on a parabola, as costs are products of at most two
// counts of channels; in straight lines where that would rise: a layer may pick its inputs from
// some level on only.
double between(double a, double at_a, double b, double at_b, double x) {
  const auto line = [x](double from, double at_from, double to, double at_to) {
    return to == from ? at_to : at_from + (at_to - at_from) * (x - from) / (to - from);
  };
  if (b == 0) return 1;
  if (a == b || a == 0) return line(0, 1, b, at_b);
  const double slope_a = (at_a - 1) / a, slope_b = (at_b - 1) / b;
  const double bend = (slope_b - slope_a) / (b - a);
  const double at_start = slope_a - bend * a, at_end = slope_a + bend * (2 * b - a);
  if (at_start > 0 || at_end > 0) return x < a ? line(0, 1, a, at_a) : line(a, at_a, b, at_b);
  return 1 + x * (slope_a + bend * (x - a));
}

// Measured at two levels, the others lie between.
void measure_sizes(const SmallShares& small, const Session& session,
                   const std::vector<LayerRecord>& layers, const TrialGroup& trial,
                   SensitivityGroup& group) {
  const size_t last = trial.levels.size() - 1, middle = last / 2;
  const auto at_last = small.of(masked_model(session, layers, trial.levels[last]));
  if (!at_last) return;
  const auto at_middle =
      middle == last ? at_last : small.of(masked_model(session, layers, trial.levels[middle]));
  if (!at_middle) return;
  const double a = group.points[middle].sparsity, b = group.points[last].sparsity;
  for (auto& point : group.points) {
    point.macs = between(a, at_middle->macs, b, at_last->macs, point.sparsity);
    point.parameters = between(a, at_middle->parameters, b, at_last->parameters, point.sparsity);
  }
}

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

}  // namespace

LevelTrials level_trials(const Calibration& calibration, const Config& config,
                         SensitivityReport& report) {
  const PreparedJob& job = calibration.job;
  const auto layers = layers_with_levels(calibration, report);
  const Weights weights = layer_weights(job.session, sites_of(layers));
  const auto masks = masks_at(layers, config.search.levels, job.sparsifier.functions(),
                              samples_of(calibration.meta), &weights);
  const auto groups = trial_groups(layers, masks);
  for (const auto& trial : groups) {
    auto& group = report.groups.emplace_back();
    group.layers = trial.layers;
    for (size_t level = 0; level < trial.levels.size(); ++level)
      group.points.push_back(
          {config.search.levels[level], sparsity_of(trial.levels[level]), {}, {}, {}});
  }
  return {layers, groups};
}

void judge_levels(const LevelTrials& trials, const PreparedJob& job, const Config& config,
                  SearchPart part, const SmallShares& small, const RunOptions& options,
                  SensitivityReport& report) {
  const auto& [layers, groups] = trials;
  Masks any;  // of each layer
  for (const auto& group : groups)
    any.insert(group.levels.front().begin(), group.levels.front().end());
  LevelJudges judges(config, job.sparsifier.functions(), groups);
  GroupTrials alone(job.session.with(masked_model(job.session, layers, any)), groups,
                    config.repair);
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
  for (size_t i = 0; i < groups.size(); ++i)
    measure_sizes(small, job.session, layers, groups[i], report.groups[i]);
}

}  // namespace actsparse
