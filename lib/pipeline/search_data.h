#pragma once
// What a search and its sensitivities are judged on.
#include "config/config.h"
#include "functions/functions.h"
#include "pipeline/evaluation_data.h"

namespace actsparse {

enum class SearchPart {
  All,    ///< of a sensitivity: all there is
  Tried,  ///< what choices are made by
  Kept,   ///< what no choice has seen, where there is enough
};

/// What answers are judged by while levels are tried: config.search's data, labels and metric.
EvaluateConfig search_evaluation(const Config& config);

/// Throws Error(Config) for names of metrics that there are not.
void check_search_metrics(const Config& config, const FunctionTable& functions);

/// search.data, every second batch kept; without it the calibration batches that repair holds out,
/// or all of them, for both, which `warnings` say. `name` is "search.data", "held-out calibration
/// data" or "calibration data". Throws Error(Data).
EvaluationData open_search_data(const Config& config, SearchPart part);

}  // namespace actsparse
