#pragma once
// What a masked model is judged by: the config's `evaluate`.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/data_config.h"
#include "config/function_config.h"

namespace actsparse {

/// Bounds that a metric of the candidate must keep; at least one is set.
struct GateConfig {
  std::string metric;
  std::optional<double> min, max;  ///< of the candidate's own figure, in the metric's unit
  std::optional<double> max_drop;  ///< baseline - candidate of a metric that judges one model
                                   ///< alone; where less is better (nll, perplexity) the rise. >= 0
  std::string path;                ///< "evaluate.gates.accuracy"
};

/// The right classes, one for each that the judged output names.
struct LabelsConfig {
  FileInput file;
  std::optional<int64_t> ignore;  ///< positions with this label count in no class metric
};

struct EvaluateConfig {
  std::optional<DataConfig> data;      ///< nothing: the calibration data
  std::optional<LabelsConfig> labels;  ///< nothing: no metric that needs them
  /// The tensor that class metrics judge: a position, a name, or a dotted path into tuples, lists
  /// and dicts ("1.logits.0"). Nothing: the first floating tensor.
  std::optional<std::variant<int64_t, std::string>> output;
  std::optional<int64_t> class_dim;  ///< negative counts from the last; nothing: by the shapes
  std::optional<std::vector<FunctionConfig>> metrics;  ///< nothing: all that apply
  std::vector<GateConfig> gates;                       ///< each metric at most once
};

struct BuiltInMetric {
  const char* name;
  bool needs_labels;        ///< judges one model against them; the others compare with the baseline
  bool needs_classes;       ///< of the judged output: two or more
  bool needs_many_classes;  ///< more than five
  bool is_rate;             ///< between 0 and 1, shown in percent
};
/// Any other name is that of a function of the user's.
constexpr std::array<BuiltInMetric, 11> built_in_metrics = {{
    {"relative_error", false, false, false, false},
    {"cosine", false, false, false, false},
    {"max_error", false, false, false, false},
    {"snr_db", false, false, false, false},
    {"agreement", false, true, false, true},
    {"agreement_5", false, true, true, true},
    {"kl", false, true, false, false},
    {"accuracy", true, true, false, true},
    {"accuracy_5", true, true, true, true},
    {"nll", true, true, false, false},
    {"perplexity", true, true, false, false},
}};
/// Null if there is none of that name.
const BuiltInMetric* find_built_in_metric(const std::string& name);

}  // namespace actsparse
