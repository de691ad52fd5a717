#pragma once
// What is asked of every candidate, and the baseline's answers to it. One for all candidates.
#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "config/evaluate_config.h"
#include "quality/class_metrics.h"
#include "quality/output_tree.h"
#include "quality/user_metrics.h"

namespace actsparse {

/// What the baseline returned for a batch, and what candidates share that is made of it. Holds the
/// outputs; nothing changes them.
struct BaselineBatch {
  OutputTree output;
  std::optional<NamedTensor> judged;  ///< plain(); nothing: the model returns no floating tensor
  int64_t samples = 0;                ///< of the judged output, or of the first tensor
  int64_t class_dim = 0;
  std::optional<BaselineAnswers> answers;  ///< nothing: no class metric is asked for, or applies
  at::Tensor labels;                       ///< as given; undefined: there are none
  std::vector<std::optional<Figures>> figures;  ///< for each user metric, where it takes labels
};

class Evaluation {
 public:
  /// Throws what check_metrics() of the config alone does. User metrics that take labels are left
  /// out where the config has none.
  Evaluation(EvaluateConfig config, std::vector<UserMetric> user_metrics);

  /// Takes what the baseline returned for a batch, and the batch's labels (undefined if the config
  /// has none). The first batch decides which tensor is judged and which dimension counts classes.
  /// Throws Error(Config) if the config asks for an output, a dimension or a gate that there is
  /// not; Error(Data) if a metric does not apply, or the labels do not fit; Error(Function).
  BaselineBatch prepare(const c10::IValue& output, const at::Tensor& labels);

  const EvaluateConfig& config() const { return config_; }
  const std::vector<UserMetric>& user_metrics() const { return user_metrics_; }

 private:
  void choose(const BaselineBatch& batch);
  void ask_users(BaselineBatch& batch) const;

  EvaluateConfig config_;
  std::vector<UserMetric> user_metrics_;
  bool is_decided_ = false;
  std::optional<int64_t> class_dim_;
};

}  // namespace actsparse
