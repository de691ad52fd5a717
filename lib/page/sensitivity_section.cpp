// What masking each group of layers costs alone.
#include <algorithm>
#include <cmath>
#include <set>

#include "config/evaluate_config.h"
#include "page/html.h"
#include "page/html_table.h"
#include "page/number_text.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

std::optional<double> metric_at(const ReportJson& point, const std::string& metric) {
  return number(point, {"metrics", metric.c_str(), "value"});
}

// In their order; levels differ where groups have few channels.
std::vector<double> levels_of(const ReportJson& groups) {
  std::set<double> levels;
  for (const auto& group : groups)
    for (const auto& point : list(group, {"points"}))
      if (const auto level = number(point, {"level"}); level && std::isfinite(*level))
        levels.insert(*level);
  return {levels.begin(), levels.end()};
}

const ReportJson& point_at(const ReportJson& group, double level) {
  for (const auto& point : list(group, {"points"}))
    if (number(point, {"level"}) == level) return point;
  return no_part();
}

// Where values lie between the least and the largest of all. What spans decades is told apart by
// its logarithm.
struct Span {
  double low = INFINITY, high = -INFINITY;

  void take(std::optional<double> value) {
    if (!value || !std::isfinite(*value)) return;
    low = std::min(low, *value);
    high = std::max(high, *value);
  }
  std::optional<double> place(std::optional<double> value) const {
    if (!value || !(high > low)) return std::nullopt;
    if (low > 0 && high > 100 * low) return std::log(*value / low) / std::log(high / low);
    return (*value - low) / (high - low);
  }
};

bool is_better_when_high(const std::string& metric) {
  const auto* built_in = find_built_in_metric(metric);
  return (built_in != nullptr && built_in->is_rate) || metric == "cosine" || metric == "snr_db";
}

Span span_of(const ReportJson& groups, const std::string& metric) {
  Span span;
  for (const auto& group : groups)
    for (const auto& point : list(group, {"points"})) span.take(metric_at(point, metric));
  return span;
}

std::string cost_table(const ReportJson& groups, const std::string& metric) {
  const auto levels = levels_of(groups);
  const Span span = span_of(groups, metric);
  std::vector<HtmlTable::Column> columns = {{'n', "layers"}};
  for (const double level : levels) columns.push_back({'#', percent_text(level)});
  HtmlTable table(std::move(columns));
  for (const auto& group : groups) {
    table.row().cell(group_label(part(group, {"layers"})));
    for (const double level : levels) {
      const auto value = metric_at(point_at(group, level), metric);
      auto shade = span.place(value);
      if (shade && is_better_when_high(metric)) shade = 1 - *shade;
      table.shade(shade, value ? metric_value_text(metric, value) : "-");
    }
  }
  return table.html();
}

std::string cost_chart(const ReportJson& groups, const std::string& metric, Charts& charts) {
  const auto* built_in = find_built_in_metric(metric);
  const bool is_rate = built_in != nullptr && built_in->is_rate;
  Chart chart;
  chart.title = metric + " of the model with one group masked";
  chart.x_label = "sparsity level of the group";
  chart.y_label = metric;
  chart.x_percent = true;
  chart.y_percent = is_rate;
  chart.log_y = !is_rate && metric != "snr_db" && metric != "cosine";
  for (const auto& group : groups) {
    ChartSeries series{group_label(part(group, {"layers"})), {}};
    for (const auto& point : list(group, {"points"}))
      if (const auto level = number(point, {"level"}), value = metric_at(point, metric);
          level && value)
        series.points.emplace_back(*level, *value);
    chart.series.push_back(std::move(series));
  }
  return charts.add(chart);
}

std::string left_out(const ReportJson& sensitivity) {
  std::string items;
  for (const auto& [key, words] :
       {std::pair("not_repaired", "not repaired: "), {"not_tried", "not tried: "}})
    for (const auto& layer : list(sensitivity, {key}))
      items += element("li", escaped(words + layer_label(text(layer, {"layer"})) + ": " +
                                     text(layer, {"reason"}))) +
               "\n";
  return items.empty() ? "" : element("ul", "\n" + items) + "\n";
}

}  // namespace

std::string sensitivity_of(const ReportJson& report, Charts& charts) {
  const ReportJson& sensitivity = sensitivity_part(report);
  const ReportJson& groups = list(sensitivity, {"groups"});
  const std::string metric = text(sensitivity, {"metric"});
  const std::string rows = cost_table(groups, metric);
  if (rows.empty()) return "";
  std::string words = metric + " of the model with one group of layers masked, by sparsity level";
  if (const auto samples = number(sensitivity, {"samples"}))
    words += ", on " + count_text(samples) + " samples (" + text(sensitivity, {"data"}) + ")";
  return paragraph(words + ". The darker a cell, the more is lost.", "class=\"note\"") +
         cost_chart(groups, metric, charts) + rows + left_out(sensitivity);
}

}  // namespace actsparse
