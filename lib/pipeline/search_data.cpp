#include "pipeline/search_data.h"

#include <algorithm>

#include "data/picked_batches.h"
#include "pipeline/examination.h"
#include "repair/held_out.h"

namespace actsparse {
namespace {

// A list of metrics leaves out what is not in it: one that names a user's function has all others
// that are asked for, too.
std::vector<FunctionConfig> named_metrics(const SearchConfig& search) {
  std::vector<FunctionConfig> metrics;
  const auto add = [&](const std::string& name, const std::string& path) {
    if (std::none_of(metrics.begin(), metrics.end(),
                     [&](const FunctionConfig& metric) { return metric.name == name; }))
      metrics.push_back({name, nlohmann::json::object(), path});
  };
  if (!search.metric.empty()) add(search.metric, "search.metric");
  for (const auto& gate : search.holds) add(gate.metric, gate.path);
  add("relative_error", "search.metric");
  return metrics;
}

}  // namespace

EvaluateConfig search_evaluation(const Config& config) {
  EvaluateConfig asked;
  asked.data = config.search.data ? *config.search.data : config.data;
  asked.labels = config.search.labels;
  if (config.evaluate) {
    asked.output = config.evaluate->output;
    asked.class_dim = config.evaluate->class_dim;
  }
  const auto named = named_metrics(config.search);
  if (std::any_of(named.begin(), named.end(), [](const FunctionConfig& metric) {
        return find_built_in_metric(metric.name) == nullptr;
      }))
    asked.metrics = named;
  return asked;
}

void check_search_metrics(const Config& config, const FunctionTable& functions) {
  make_evaluation(search_evaluation(config), functions);
}

EvaluationData open_search_data(const Config& config, SearchPart part) {
  Config asked = config;
  asked.evaluate = search_evaluation(config);
  EvaluationData data = open_evaluation_data(asked, {});
  data.warnings.clear();
  const int64_t batches = data.batches->batches();
  if (config.search.data) {
    data.name = "search.data";
    if (part == SearchPart::All) return data;
    if (batches < 2) {
      data.warnings.push_back(
          "search.data is one batch: what was found was checked on what it was chosen by; give "
          "more samples, or a smaller search.data.batch_size");
      return data;
    }
    const int64_t rest = part == SearchPart::Tried ? 0 : 1;
    data.batches =
        picked_batches(std::move(data.batches), [rest](int64_t i) { return i % 2 == rest; });
    return data;
  }
  data.warnings.push_back(
      "what was found was checked on calibration data that it was chosen by; give search.data "
      "samples of its own");
  const double share = config.repair.holdout;
  data.name = "calibration data";
  if (config.repair.method == "none" || !holds_any_out(batches, share)) return data;
  data.name = "held-out calibration data";
  data.batches = picked_batches(std::move(data.batches), [share](int64_t i) {
    return is_held_out(static_cast<size_t>(i), share);
  });
  return data;
}

}  // namespace actsparse
