// What masks cost in answers.
#include "page/html.h"
#include "page/html_table.h"
#include "page/number_text.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

std::string interval_of(const std::string& metric, const ReportJson& figure) {
  const auto low = number(figure, {"low"}), high = number(figure, {"high"});
  if (!low || !high) return "";
  return metric_value_text(metric, low) + " to " + metric_value_text(metric, high);
}

std::string value_of(const std::string& metric, const ReportJson& figure) {
  const auto value = number(figure, {"value"});
  return value ? metric_value_text(metric, value) : "";
}

bool has_drop(const ReportJson& metrics) {
  for (const auto& [name, metric] : metrics.items())
    if (!part(metric, {"drop"}).is_null()) return true;
  return false;
}

// Only where labels judge is there a "before", and a difference to it.
std::vector<HtmlTable::Column> metric_columns(bool compares) {
  if (!compares) return {{'n', "metric"}, {'#', "after"}, {'#', "95 % interval"}};
  return {{'n', "metric"},        {'#', "before"},   {'#', "after"},
          {'#', "95 % interval"}, {'#', "worse by"}, {'#', "95 % interval"}};
}

std::string metrics_of_candidate(const ReportJson& evaluation, const ReportJson& candidate) {
  const ReportJson& metrics = part(candidate, {"metrics"});
  const bool compares = has_drop(metrics);
  HtmlTable table(metric_columns(compares));
  for (const auto& [name, metric] : metrics.items()) {
    if (!metric.is_object()) continue;
    table.row().cell(name);
    if (compares)
      table.cell(value_of(name, part(evaluation, {"baseline", "metrics", name.c_str()})));
    table.cell(value_of(name, metric)).cell(interval_of(name, metric));
    const ReportJson& drop = part(metric, {"drop"});
    if (compares) table.cell(value_of(name, drop)).cell(interval_of(name, drop));
  }
  return table.html();
}

std::string gates_of(const ReportJson& candidate) {
  HtmlTable table({{'n', "gate"}, {'#', "limit"}, {'#', "value"}, {'t', ""}});
  for (const auto& gate : list(candidate, {"gates"})) {
    const std::string metric = text(gate, {"metric"});
    const ReportJson& passed = part(gate, {"passed"});
    table.row()
        .cell(text(gate, {"kind"}) + " of " + metric)
        .cell(plain_text(number(gate, {"limit"})))
        .cell(plain_text(number(gate, {"value"})))
        .cell(!passed.is_boolean() ? ""
              : passed.get<bool>() ? "passed"
                                   : "FAILED");
  }
  return table.html();
}

// How many zeros gates that look at their input have made.
std::string zeros_of(const ReportJson& candidate) {
  HtmlTable table({{'n', "layer"}, {'|', "zeros in its input"}});
  for (const auto& layer : list(candidate, {"input_sparsity"})) {
    const auto sparsity = number(layer, {"sparsity"});
    table.row().cell(layer_label(text(layer, {"layer"}))).bar(sparsity, percent_text(sparsity));
  }
  return table.html();
}

std::string stages_of(const ReportJson& report) {
  const ReportJson& stages = list(report, {"repair", "stages"});
  if (stages.empty()) return "";
  std::vector<HtmlTable::Column> columns = {{'n', "after"}};
  std::vector<std::string> names;
  for (const auto& [name, value] : part(stages.front(), {"metrics"}).items()) {
    names.push_back(name);
    columns.push_back({'#', name});
  }
  HtmlTable table(std::move(columns));
  for (const auto& stage : stages) {
    table.row().cell(text(stage, {"stage"}));
    for (const auto& name : names)
      table.cell(metric_value_text(name, number(stage, {"metrics", name.c_str()})));
  }
  return element("h3", "Stages of the repair") + "\n" + table.html();
}

}  // namespace

std::string answers_of(const ReportJson& report) {
  const ReportJson& evaluation = evaluation_part(report);
  std::string html;
  for (const auto& candidate : list(evaluation, {"candidates"}))
    html += element("h3", escaped(text(candidate, {"model"}) + " against " +
                                  text(evaluation, {"baseline", "model"}))) +
            "\n" + metrics_of_candidate(evaluation, candidate) + gates_of(candidate) +
            zeros_of(candidate);
  return html + stages_of(report);
}

}  // namespace actsparse
