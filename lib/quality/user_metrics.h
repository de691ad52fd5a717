#pragma once
// Metrics that are functions of the user's.
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "quality/metric.h"
#include "quality/tally.h"

namespace actsparse {

/// (baseline, candidate), or with `takes_labels` (output, labels), which is asked of both models.
/// Outputs come as float32 or float64 of one dtype in the CPU's memory, whole and in their own
/// shape; labels as they were read. Returns one number, or one per sample (shape [samples]).
struct UserMetric {
  std::string name;
  std::function<at::Tensor(const at::Tensor&, const at::Tensor&)> function;
  bool takes_labels = false;
};

/// What a function said of a batch.
struct Figures {
  at::Tensor values;       ///< float64 [samples], or [1]
  bool per_sample = true;  ///< else one number, which counts once for each sample
};
/// Calls the function on a batch of `samples`. Error(Function), which names the metric, if it fails
/// or returns something else.
Figures ask(const UserMetric& metric, const at::Tensor& first, const at::Tensor& second,
            int64_t samples);

Tally user_tally();
/// `baseline`: its own figures where the metric takes labels, else nothing.
void add_figures(const std::optional<Figures>& baseline, const Figures& candidate, int64_t samples,
                 Tally& tally);
/// The mean over samples; its interval only where every batch gave one number per sample. With
/// labels more is taken as better: the drop is baseline - candidate.
Metric user_metric(const Tally& tally, const UserMetric& metric, const std::string& output);

}  // namespace actsparse
