#include "page/headline.h"

#include <cmath>

#include "config/evaluate_config.h"
#include "page/number_text.h"
#include "page/report_parts.h"

namespace actsparse {
namespace {

bool is_rate(const std::string& metric) {
  const auto* built_in = find_built_in_metric(metric);
  return built_in != nullptr && built_in->is_rate;
}

// Collects what is there and finite.
class Headline {
 public:
  void share(const std::string& name, std::optional<double> value) {
    if (is_known(value)) figures_.push_back({name, percent_text(value), *value, true});
  }
  void metric(const std::string& name, const std::string& metric, std::optional<double> value) {
    if (is_known(value))
      figures_.push_back({name, metric_value_text(metric, value), *value, is_rate(metric)});
  }
  std::vector<HeadlineFigure> take() { return std::move(figures_); }

 private:
  static bool is_known(std::optional<double> value) { return value && std::isfinite(*value); }

  std::vector<HeadlineFigure> figures_;
};

// The rates of best answers: more than of the best five, and more than errors, they say whether a
// model is still of use.
bool is_telling(const std::string& metric) {
  const std::string five = "_5";
  return is_rate(metric) &&
         (metric.size() < five.size() || metric.substr(metric.size() - five.size()) != five);
}

// Of the first candidate, which is a run's masked model.
void add_metrics(const ReportJson& report, bool telling, Headline& headline) {
  const ReportJson& evaluation = evaluation_part(report);
  const ReportJson& candidates = list(evaluation, {"candidates"});
  if (candidates.empty()) return;
  const ReportJson& baseline = part(evaluation, {"baseline", "metrics"});
  for (const auto& [name, metric] : part(candidates.front(), {"metrics"}).items()) {
    if (!metric.is_object() || is_telling(name) != telling) continue;
    headline.metric(name, name, number(metric, {"value"}));
    const char* key = name.c_str();
    headline.metric(name + " without masks", name, number(baseline, {key, "value"}));
  }
}

void add_sizes(const ReportJson& report, Headline& headline) {
  const ReportJson& compact = compact_part(report);
  const ReportJson& chosen = chosen_point(report);
  const bool is_found = chosen.is_object();
  headline.share("MACs that are left",
                 is_found ? number(chosen, {"macs"}) : share_left(part(compact, {"macs"})));
  headline.share("parameters that are left", is_found ? number(chosen, {"parameters"})
                                                      : share_left(part(compact, {"parameters"})));
  headline.share("bytes that are left", share_left(part(compact, {"file_bytes"})));
  const ReportJson& times = compact_timing(report);
  const auto small = number(times, {"small_seconds"}),
             unmasked = number(times, {"unmasked_seconds"});
  if (small && unmasked && *unmasked > 0)
    headline.share("time of a call that is left", *small / *unmasked);
}

}  // namespace

std::optional<double> share_left(const ReportJson& before_after) {
  const auto before = number(before_after, {"before"}), after = number(before_after, {"after"});
  if (!before || !after || !(*before > 0)) return std::nullopt;
  return *after / *before;
}

std::optional<double> sparsity_of_masks(const ReportJson& report) {
  double kept = 0, total = 0;
  for (const auto& layer : masked_layers(report)) {
    kept += number(layer, {"kept"}).value_or(0);
    total += number(layer, {"total"}).value_or(0);
  }
  if (!(total > 0)) return std::nullopt;
  return 1 - kept / total;
}

std::vector<HeadlineFigure> headline_figures(const ReportJson& report) {
  Headline headline;
  headline.share("masked", sparsity_of_masks(report));
  add_metrics(report, true, headline);
  add_sizes(report, headline);
  add_metrics(report, false, headline);
  return headline.take();
}

}  // namespace actsparse
