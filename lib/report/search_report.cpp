#include "report/search_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "report/json_fields.h"

namespace actsparse {
namespace {

const Metric* measured_of(const SearchPoint& point, const std::string& name) {
  for (const auto& metric : point.measured)
    if (metric.name == name) return &metric;
  return nullptr;
}

OrderedJson point_entry(const SearchReport& report, size_t number) {
  const SearchPoint& point = report.points[number];
  OrderedJson metrics = OrderedJson::object();
  for (const auto& metric : point.measured)
    if (!metrics.contains(metric.name)) metrics[metric.name] = number_json(metric.value);
  return {{"levels", point.levels},
          {"macs", value_or_null(point.macs)},
          {"parameters", value_or_null(point.parameters)},
          {"predicted", {{report.sensitivity.metric, number_json(point.predicted)}}},
          {"measured", point.measured.empty() ? OrderedJson(nullptr) : metrics},
          {"note", point.note},
          {"meets", point.meets},
          {"chosen", report.chosen == number}};
}

OrderedJson budget_json(const SearchReport& report) {
  OrderedJson budget = OrderedJson::object();
  for (const auto& [what, share] : report.remains) budget[what] = share;
  budget["holds"] = report.holds;
  return budget;
}

std::string share_text(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f} %", 100 * *share) : "-";
}

std::string measured_text(const SearchPoint& point, const std::string& name) {
  const Metric* const metric = measured_of(point, name);
  return metric == nullptr ? "-" : metric_text(name, metric->value);
}

Table points_table(const SearchReport& report) {
  const std::string& shown = report.sensitivity.metric;
  const bool has_agreement =
      shown != "agreement" &&
      std::any_of(report.points.begin(), report.points.end(), [](const SearchPoint& point) {
        return measured_of(point, "agreement") != nullptr;
      });
  Table table{{{"", "MACs", "parameters", shown + " predicted", "measured"}}, {1, 2, 3, 4, 5}};
  if (has_agreement) table.rows[0].emplace_back("agreement");
  table.rows[0].emplace_back("how");
  for (size_t i = 0; i < report.points.size(); ++i) {
    const SearchPoint& point = report.points[i];
    std::vector<std::string> row = {
        report.chosen == i ? "->" : "", share_text(point.macs), share_text(point.parameters),
        metric_text(shown, point.predicted), measured_text(point, shown)};
    if (has_agreement) row.push_back(measured_text(point, "agreement"));
    row.push_back(point.note);
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table levels_table(const SearchReport& report) {
  Table table{{{"layers", "sparsity level"}}, {1}};
  const auto& groups = report.sensitivity.groups;
  for (size_t i = 0; i < groups.size(); ++i)
    table.rows.push_back(
        {group_text(groups[i]), fmt::format("{:g}", report.points[*report.chosen].levels[i])});
  return table;
}

}  // namespace

OrderedJson curve_json(const SearchReport& report) {
  OrderedJson groups = OrderedJson::array();
  for (const auto& group : report.sensitivity.groups) groups.push_back(group.layers);
  OrderedJson document = {{"version", 1},
                          {"command", "search"},
                          {"budget", budget_json(report)},
                          {"metric", report.sensitivity.metric},
                          {"data", report.sensitivity.data},
                          {"groups", groups},
                          {"points", OrderedJson::array()}};
  for (size_t i = 0; i < report.points.size(); ++i)
    document["points"].push_back(point_entry(report, i));
  return document;
}

OrderedJson to_json(const SearchReport& report) {
  OrderedJson document = curve_json(report);
  document["met"] = report.met;
  document["unmet"] = text_or_null(report.unmet);
  document["check"] = to_json(report.check);
  document["sensitivity"] = to_json(report.sensitivity);
  document["outputs"] = OrderedJson::object();
  for (const auto& [key, name] : report.outputs) document["outputs"][key] = name;
  document["warnings"] = report.warnings;
  document["timing"] = {{"sensitivity_seconds", report.sensitivity.total_seconds},
                        {"search_seconds", report.search_seconds},
                        {"total_seconds", report.total_seconds}};
  return document;
}

Rows rows(const SearchReport& report) {
  Rows rows;
  rows.push_back(line(fmt::format("what was tried, measured on {} samples ({})",
                                  report.sensitivity.samples, report.sensitivity.data)));
  rows.push_back(points_table(report));
  if (report.chosen) {
    rows.push_back(line(""));
    rows.push_back(levels_table(report));
  }
  if (!report.check.candidates.empty()) {
    rows.push_back(line(""));
    for (auto& table : actsparse::rows(report.check)) rows.push_back(std::move(table));
  }
  for (const auto& warning : report.warnings) rows.push_back(line("warning: " + warning));
  if (!report.unmet.empty()) rows.push_back(line("the budget is NOT met: " + report.unmet));
  rows.push_back(line(fmt::format("sensitivities in {:.2f} s, search in {:.2f} s, {:.2f} s in all",
                                  report.sensitivity.total_seconds, report.search_seconds,
                                  report.total_seconds)));
  return rows;
}

}  // namespace actsparse
