#include "report/evaluation_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "quality/gates.h"

namespace actsparse {
namespace {

std::string interval_text(const std::string& metric, const std::optional<Interval>& interval) {
  if (!interval) return "";
  return metric_text(metric, interval->low) + " to " + metric_text(metric, interval->high);
}

std::vector<std::string> cells(const Metric& metric, bool names_output) {
  std::vector<std::string> row = {
      names_output && !metric.output.empty() ? metric.name + " of " + metric.output : metric.name};
  row.push_back(metric.baseline ? metric_text(metric.name, *metric.baseline) : "");
  row.push_back(metric_text(metric.name, metric.value));
  row.push_back(interval_text(metric.name, metric.interval));
  if (metric.drop) {
    row.push_back(metric_text(metric.name, *metric.drop));
    row.push_back(interval_text(metric.name, metric.drop_interval));
  }
  return row;
}

Table metric_table(const Judgement& judgement) {
  Table table{{{"metric", "baseline", "candidate", "95 % interval", "worse by", "95 % interval"}},
              {1, 2, 3, 4, 5}};
  for (const auto& metric : judgement.metrics)
    table.rows.push_back(cells(metric, judgement.outputs.size() > 1));
  return table;
}

std::string differing_text(const OutputCounts& output) {
  const auto name = output.output.empty() ? "the output" : "output '" + output.output + "'";
  return fmt::format("{}: {} of {} elements differ", name, *output.differing, output.elements);
}

// What gates that look at their input really set to 0.
Table zero_table(const std::vector<ZeroCounts>& layers) {
  Table table{{{"layer", "zeros that enter", "of"}}, {1, 2}};
  for (const auto& layer : layers)
    table.rows.push_back({layer.layer.empty() ? "(root)" : layer.layer,
                          fmt::format("{:.1f} %", 100 * layer.share()),
                          std::to_string(layer.elements)});
  return table;
}

void append_warnings(Rows& rows, const CandidateReport& candidate) {
  for (const auto& warning : candidate.judgement.warnings)
    rows.push_back(line("warning: " + candidate.model + ": " + warning));
}

void append_candidate(Rows& rows, const EvaluationReport& report,
                      const CandidateReport& candidate) {
  rows.push_back(line(fmt::format("{} against {} on {} samples ({})", candidate.model,
                                  report.baseline, report.samples, report.data)));
  rows.push_back(metric_table(candidate.judgement));
  for (const auto& output : candidate.judgement.outputs)
    if (output.differing) rows.push_back(line(differing_text(output)));
  if (!candidate.judgement.zeros.empty()) {
    rows.push_back(line(""));
    rows.push_back(zero_table(candidate.judgement.zeros));
  }
  append_warnings(rows, candidate);
  for (const auto& gate : candidate.judgement.gates)
    rows.push_back(line((gate.passed ? "gate passed: " : "gate FAILED: ") + gate_text(gate)));
}

Table glance_line(const EvaluationReport& report, const CandidateReport& candidate) {
  std::string text = candidate.model + ": ";
  if (const auto* agreement = find_metric(candidate.judgement, "agreement"))
    text += fmt::format("agrees with {} on {} of the answers ({}), ", report.baseline,
                        metric_text("agreement", agreement->value),
                        interval_text("agreement", agreement->interval));
  if (const auto* error = find_metric(candidate.judgement, "relative_error"))
    text += fmt::format("relative error {:.3g}, ", error->value);
  for (const auto& output : candidate.judgement.outputs)
    if (output.differing) text += differing_text(output) + ", ";
  return line(text + fmt::format("on {} samples of the {}", report.samples, report.data));
}

}  // namespace

std::string metric_text(const std::string& metric, double value) {
  const auto* built_in = find_built_in_metric(metric);
  return built_in != nullptr && built_in->is_rate ? fmt::format("{:.2f} %", 100 * value)
                                                  : fmt::format("{:.4g}", value);
}

bool EvaluationReport::passed() const {
  return std::all_of(candidates.begin(), candidates.end(),
                     [](const auto& candidate) { return candidate.judgement.passed; });
}

std::string failed_gates(const EvaluationReport& report) {
  std::string text;
  for (const auto& candidate : report.candidates)
    for (const auto& gate : candidate.judgement.gates)
      if (!gate.passed)
        text += (text.empty() ? "" : "; ") + candidate.model + ": " + gate_text(gate);
  return text;
}

Rows rows(const EvaluationReport& report) {
  Rows rows;
  for (const auto& candidate : report.candidates) {
    if (report.is_glance) {
      rows.push_back(glance_line(report, candidate));
      append_warnings(rows, candidate);
      continue;
    }
    if (!rows.empty()) rows.push_back(line(""));
    append_candidate(rows, report, candidate);
  }
  for (const auto& warning : report.warnings) rows.push_back(line("warning: " + warning));
  if (report.seconds > 0 && !report.is_glance)
    rows.push_back(line(fmt::format("evaluated in {:.2f} s, {:.2f} s of it in the models",
                                    report.seconds, report.forward_seconds)));
  return rows;
}

}  // namespace actsparse
