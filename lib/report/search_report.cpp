#include "report/search_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "report/json_fields.h"
#include "report/line_chart.h"

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
  OrderedJson entry = {{"levels", point.levels}};
  add_fields(point, entry);
  entry.update({{"predicted", {{report.sensitivity.metric, number_json(point.predicted)}}},
                {"measured", point.measured.empty() ? OrderedJson(nullptr) : metrics},
                {"note", point.note},
                {"meets", point.meets},
                {"chosen", report.chosen == number}});
  return entry;
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

// Columns of which each point has a cell.
struct Column {
  std::string head;
  std::function<std::string(size_t number)> cell;
};

Table table_of(const std::vector<Column>& columns, size_t rows, std::vector<size_t> right) {
  Table table{{{}}, std::move(right)};
  for (const auto& column : columns) table.rows[0].push_back(column.head);
  for (size_t i = 0; i < rows; ++i) {
    auto& row = table.rows.emplace_back();
    for (const auto& column : columns) row.push_back(column.cell(i));
  }
  return table;
}

Table points_table(const SearchReport& report) {
  const auto& points = report.points;
  const std::string& shown = report.sensitivity.metric;
  const auto any = [&](auto&& has) { return std::any_of(points.begin(), points.end(), has); };
  std::vector<Column> columns = {
      {"", [&](size_t i) { return report.chosen == i ? "->" : ""; }},
      {"MACs", [&](size_t i) { return share_text(points[i].macs); }},
      {"parameters", [&](size_t i) { return share_text(points[i].parameters); }}};
  if (any([](const SearchPoint& point) { return point.time.has_value(); }))
    columns.push_back({"time", [&](size_t i) { return share_text(points[i].time); }});
  columns.push_back(
      {shown + " predicted", [&](size_t i) { return metric_text(shown, points[i].predicted); }});
  columns.push_back({"measured", [&](size_t i) { return measured_text(points[i], shown); }});
  if (shown != "agreement" &&
      any([](const SearchPoint& point) { return measured_of(point, "agreement") != nullptr; }))
    columns.push_back(
        {"agreement", [&](size_t i) { return measured_text(points[i], "agreement"); }});
  std::vector<size_t> right;
  for (size_t i = 1; i < columns.size(); ++i) right.push_back(i);
  columns.push_back({"how", [&](size_t i) { return points[i].note; }});
  return table_of(columns, points.size(), std::move(right));
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

double loss_of(const Metric& metric) {
  if (metric.drop) return *metric.drop;
  const std::string& name = metric.name;
  if (name == "agreement" || name == "agreement_5" || name == "cosine") return 1 - metric.value;
  return name == "snr_db" ? std::pow(10, -metric.value / 20) : metric.value;
}

double measured_loss(const SearchPoint& point, const std::string& metric) {
  const Metric* const found = measured_of(point, metric);
  return found == nullptr ? std::nan("") : loss_of(*found);
}

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
  document["frontier"] = OrderedJson::array();
  for (const auto& [macs, loss] : report.frontier)
    document["frontier"].push_back({{"macs", macs}, {"predicted", number_json(loss)}});
  return document;
}

OrderedJson to_json(const SearchReport& report) {
  OrderedJson document = curve_json(report);
  if (report.time) document["time"] = {{"share", *report.time}, {"threads", report.threads}};
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
  if (report.time)
    rows.push_back(
        line(fmt::format("a call of the small model takes {:.1f} % of the time, with {} threads",
                         100 * *report.time, report.threads)));
  for (const auto& warning : report.warnings) rows.push_back(line("warning: " + warning));
  if (!report.unmet.empty()) rows.push_back(line("the budget is NOT met: " + report.unmet));
  rows.push_back(line(fmt::format("sensitivities in {:.2f} s, search in {:.2f} s, {:.2f} s in all",
                                  report.sensitivity.total_seconds, report.search_seconds,
                                  report.total_seconds)));
  return rows;
}

std::string search_picture(const SearchReport& report) {
  LineChart chart;
  chart.title = "What was tried";
  chart.x_label = "multiply-accumulates that are left";
  chart.y_label = report.sensitivity.metric + ", what is lost of it";
  chart.log_y = true;
  chart.curves.push_back({"predicted: groups alone, added up", report.frontier});
  for (size_t i = 0; i < report.points.size(); ++i) {
    const SearchPoint& point = report.points[i];
    const std::string taken = report.chosen == i ? ", taken" : "";
    chart.curves.push_back(
        {"measured: " + point.note + taken,
         {{point.macs.value_or(1), measured_loss(point, report.sensitivity.metric)}}});
  }
  return svg_of(chart);
}

}  // namespace actsparse
