#include "report/sensitivity_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "report/evaluation_report.h"
#include "report/json_fields.h"
#include "report/line_chart.h"

namespace actsparse {
namespace {

OrderedJson point_json(const SensitivityPoint& point) {
  OrderedJson metrics = OrderedJson::object();
  for (const auto& metric : point.metrics) {
    if (metrics.contains(metric.name)) continue;
    OrderedJson entry = {{"value", number_json(metric.value)}};
    entry["low"] = metric.interval ? number_json(metric.interval->low) : OrderedJson(nullptr);
    entry["high"] = metric.interval ? number_json(metric.interval->high) : OrderedJson(nullptr);
    metrics[metric.name] = std::move(entry);
  }
  OrderedJson entry = {{"level", point.level}, {"sparsity", point.sparsity}};
  add_fields(point, entry);
  entry["metrics"] = metrics;
  return entry;
}

OrderedJson left_json(const std::vector<LeftLayer>& left) {
  OrderedJson entries = OrderedJson::array();
  for (const auto& layer : left)
    entries.push_back({{"layer", layer.layer}, {"reason", layer.reason}});
  return entries;
}

std::vector<std::string> level_cells(const SensitivityReport& report) {
  std::vector<std::string> cells = {"group"};
  for (const auto& point : report.groups.front().points)
    cells.push_back(fmt::format("{:g}", point.level));
  return cells;
}

template <class CellOf>
Table level_table(const SensitivityReport& report, CellOf&& cell_of) {
  Table table{{level_cells(report)}};
  for (size_t i = 1; i < table.rows[0].size(); ++i) table.right.push_back(i);
  for (const auto& group : report.groups) {
    std::vector<std::string> row = {group_text(group)};
    for (const auto& point : group.points) row.push_back(cell_of(point));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::string group_text(const SensitivityGroup& group) {
  std::string text = group.layers.front();
  if (group.layers.size() > 1) text += fmt::format(" and {} more", group.layers.size() - 1);
  return text;
}

const Metric* metric_of(const SensitivityPoint& point, const std::string& name) {
  const auto found = std::find_if(point.metrics.begin(), point.metrics.end(),
                                  [&](const Metric& metric) { return metric.name == name; });
  return found == point.metrics.end() ? nullptr : &*found;
}

std::string sensitivity_picture(const SensitivityReport& report) {
  // Errors span decades; rates near 1 do not.
  const auto* const built_in = find_built_in_metric(report.metric);
  LineChart chart;
  chart.title = fmt::format("One group masked, repair: {}", report.repair);
  chart.x_label = "sparsity level";
  chart.y_label = report.metric;
  chart.log_y = built_in != nullptr && !built_in->is_rate && report.metric != "snr_db";
  for (const auto& group : report.groups) {
    Curve curve{group_text(group), {}};
    for (const auto& point : group.points)
      if (const Metric* const metric = metric_of(point, report.metric))
        curve.points.emplace_back(point.level, metric->value);
    chart.curves.push_back(std::move(curve));
  }
  return svg_of(chart);
}

OrderedJson to_json(const SensitivityReport& report) {
  OrderedJson document = {{"version", 1},
                          {"command", "sensitivity"},
                          {"provenance", to_json(report.origin)},
                          {"metric", report.metric},
                          {"repair", report.repair},
                          {"data", report.data},
                          {"batches", report.batches},
                          {"samples", report.samples},
                          {"groups", OrderedJson::array()}};
  for (const auto& group : report.groups) {
    OrderedJson entry = {{"layers", group.layers}, {"points", OrderedJson::array()}};
    for (const auto& point : group.points) entry["points"].push_back(point_json(point));
    document["groups"].push_back(std::move(entry));
  }
  document["not_repaired"] = left_json(report.left);
  document["not_tried"] = left_json(report.not_tried);
  document["warnings"] = report.warnings;
  document["timing"] = {{"calibrate_seconds", report.calibrate_seconds},
                        {"fit_seconds", report.fit_seconds},
                        {"judge_seconds", report.judge_seconds},
                        {"total_seconds", report.total_seconds}};
  return document;
}

Rows rows(const SensitivityReport& report) {
  Rows rows;
  if (!report.groups.empty()) {
    rows.push_back(line(fmt::format(
        "{} of the model with one group masked (repair: {}), by sparsity level, on {} samples ({})",
        report.metric, report.repair, report.samples, report.data)));
    rows.push_back(level_table(report, [&](const SensitivityPoint& point) {
      const Metric* const metric = metric_of(point, report.metric);
      return metric == nullptr ? "-" : metric_text(report.metric, metric->value);
    }));
    rows.push_back(line(""));
    rows.push_back(line("multiply-accumulates that are left"));
    rows.push_back(level_table(report, [](const SensitivityPoint& point) {
      return point.macs ? fmt::format("{:.1f} %", 100 * *point.macs) : "-";
    }));
  }
  for (const auto& layer : report.left)
    rows.push_back(line("not repaired: " + layer.layer + ": " + layer.reason));
  for (const auto& layer : report.not_tried)
    rows.push_back(line("not tried: " + layer.layer + ": " + layer.reason));
  for (const auto& warning : report.warnings) rows.push_back(line("warning: " + warning));
  rows.push_back(
      line(fmt::format("calibrated in {:.2f} s, fitted in {:.2f} s, judged in {:.2f} s",
                       report.calibrate_seconds, report.fit_seconds, report.judge_seconds)));
  return rows;
}

}  // namespace actsparse
