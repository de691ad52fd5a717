#pragma once
// Which metrics an evaluation gives, and whether they can be had.
#include <cstdint>
#include <string>
#include <vector>

#include "config/evaluate_config.h"
#include "quality/user_metrics.h"

namespace actsparse {

/// What the outputs are like, as far as metrics ask.
struct OutputFacts {
  bool has_floating = false;
  bool has_labels = false;
  int64_t classes = 0;  ///< of the judged output; 0: it has none
  std::string judged;   ///< "output 'logits' [8, 10]", or what there is instead, for messages
};

/// Why there are no classes to judge, for messages.
std::string no_classes(const OutputFacts& facts);

/// True if `metric` is asked for; all are if the config names none.
bool is_chosen(const EvaluateConfig& config, const std::string& metric);
/// True if any that needs classes is.
bool chooses_classes(const EvaluateConfig& config);

/// Error(Config), from the config alone: a metric that there is not, that has parameters though it
/// is built in, or needs labels where there are none; a gate on a metric that is not computed, or a
/// max_drop of one that has no drop.
void check_metrics(const EvaluateConfig& config, const std::vector<UserMetric>& user_metrics);

/// Once the outputs are seen: a metric by name that does not apply is Error(Data), a gate on one
/// Error(Config).
void check_metrics(const EvaluateConfig& config, const OutputFacts& facts);

}  // namespace actsparse
