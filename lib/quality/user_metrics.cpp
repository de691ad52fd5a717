#include "quality/user_metrics.h"

#include <ATen/Functions.h>
#include <spdlog/fmt/fmt.h>

#include "base/error.h"
#include "functions/tensors.h"
#include "quality/output_tree.h"
#include "quality/paired_means.h"

namespace actsparse {
namespace {

enum UserCount {
  UserSamples,
  SamplesTogether,
  AllUserCounts
};  // together: under one number for the batch

at::Tensor call(const UserMetric& metric, const at::Tensor& first, const at::Tensor& second) {
  try {
    return metric.function(first, second);
  } catch (const Error& error) {
    throw error.in("metric '" + metric.name + "'");
  }
}

// Of a batch that was given one number, that of the batch.
double figure(const Figures& figures, int64_t sample) {
  return figures.values.data_ptr<double>()[figures.per_sample ? sample : 0];
}

}  // namespace

Figures ask(const UserMetric& metric, const at::Tensor& first, const at::Tensor& second,
            int64_t samples) {
  const auto result = call(metric, first, second);
  const bool per_sample = result.dim() == 1 && result.size(0) == samples;
  if (result.is_complex() || (!per_sample && result.numel() != 1))
    throw Error(
        ErrorKind::Function,
        fmt::format("metric '{}': it returned {} of {} for a batch of {} samples, allowed is "
                    "one real number, or one per sample (shape [{}])",
                    metric.name, shape_text(result.sizes()), c10::toString(result.scalar_type()),
                    samples, samples));
  return {plain(result).to(at::kDouble).reshape({-1}), per_sample};
}

Tally user_tally() { return Tally({AllUserCounts, 0, paired_sums}); }

void add_figures(const std::optional<Figures>& baseline, const Figures& candidate, int64_t samples,
                 Tally& tally) {
  const bool apart = candidate.per_sample && (!baseline || baseline->per_sample);
  tally.counts[UserSamples] += samples;
  tally.counts[SamplesTogether] += apart ? 0 : samples;
  for (int64_t i = 0; i < samples; ++i) {
    PairedSums sums;
    sums.add(baseline ? figure(*baseline, i) : 0, figure(candidate, i));
    add(sums, 0, tally);
  }
}

Metric user_metric(const Tally& tally, const UserMetric& metric, const std::string& output) {
  const int64_t n = tally.counts[UserSamples];
  auto found = metric.takes_labels ? paired_mean(tally, 0, n, metric.name, Better::More)
                                   : candidate_mean(tally, 0, n, metric.name);
  found.output = output;
  if (tally.counts[SamplesTogether] > 0)
    found.interval = found.baseline_interval = found.drop_interval = std::nullopt;
  return found;
}

}  // namespace actsparse
