// What a search has tried.
#include <cmath>

#include "config/evaluate_config.h"
#include "page/html.h"
#include "page/html_table.h"
#include "page/number_text.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

bool is_chosen(const ReportJson& point) {
  const ReportJson& chosen = part(point, {"chosen"});
  return chosen.is_boolean() && chosen.get<bool>();
}

// As predictions count; nothing where labels judge, as that is a difference to a figure that the
// document does not hold.
std::optional<double> loss_at(const ReportJson& point, const std::string& metric) {
  const auto value = number(point, {"measured", metric.c_str()});
  const auto* built_in = find_built_in_metric(metric);
  if (!value || (built_in != nullptr && built_in->needs_labels)) return std::nullopt;
  if (metric == "snr_db") return std::pow(10, -*value / 20);
  const bool is_best_at_1 = (built_in != nullptr && built_in->is_rate) || metric == "cosine";
  return is_best_at_1 ? 1 - *value : *value;
}

void add_frontier(const ReportJson& report, Chart& chart) {
  ChartSeries series{"predicted: what groups lose alone, added up", {}};
  for (const auto& point : list(report, {"frontier"})) {
    const auto macs = number(point, {"macs"}), loss = number(point, {"predicted"});
    if (macs && loss) series.points.emplace_back(*macs, *loss);
  }
  chart.series.push_back(std::move(series));
}

void add_points(const ReportJson& report, const std::string& metric, Chart& chart) {
  ChartSeries tried{"measured", {}, false}, taken{"taken", {}, false, true};
  for (const auto& point : list(report, {"points"})) {
    const auto macs = number(point, {"macs"}), loss = loss_at(point, metric);
    if (macs && loss) (is_chosen(point) ? taken : tried).points.emplace_back(*macs, *loss);
  }
  chart.series.push_back(std::move(tried));
  chart.series.push_back(std::move(taken));
}

std::string points_table(const ReportJson& report, const std::string& metric) {
  HtmlTable table({{'n', ""},
                   {'|', "MACs"},
                   {'|', "parameters"},
                   {'#', metric + " predicted"},
                   {'#', "measured"},
                   {'#', "agreement"},
                   {'t', "how"}});
  for (const auto& point : list(report, {"points"})) {
    const auto macs = number(point, {"macs"}), parameters = number(point, {"parameters"});
    table.row(is_chosen(point))
        .cell(is_chosen(point) ? "taken" : "")
        .bar(macs, percent_text(macs))
        .bar(parameters, percent_text(parameters))
        .cell(metric_value_text(metric, number(point, {"predicted", metric.c_str()})))
        .cell(metric_value_text(metric, number(point, {"measured", metric.c_str()})))
        .cell(metric_value_text("agreement", number(point, {"measured", "agreement"})))
        .cell(text(point, {"note"}));
  }
  return table.html();
}

std::string levels_table(const ReportJson& report) {
  HtmlTable table({{'n', "layers"}, {'|', "sparsity level"}});
  const ReportJson& groups = list(report, {"groups"});
  const ReportJson& levels = list(chosen_point(report), {"levels"});
  for (size_t i = 0; i < groups.size() && i < levels.size(); ++i)
    table.row()
        .cell(group_label(groups[i]))
        .bar(number(levels[i]), percent_text(number(levels[i])));
  const std::string rows = table.html();
  return rows.empty() ? "" : element("h3", "What was found") + "\n" + rows;
}

}  // namespace

std::string trade_off_of(const ReportJson& report, Charts& charts) {
  if (list(report, {"points"}).empty()) return "";
  const std::string metric = text(report, {"metric"});
  Chart chart;
  chart.title = "What is lost, against the MACs that are left";
  chart.x_label = "MACs that are left";
  chart.y_label = metric + ", what is lost of it";
  chart.x_percent = true;
  chart.log_y = true;
  add_frontier(report, chart);
  add_points(report, metric, chart);
  return charts.add(chart) + points_table(report, metric) + levels_table(report);
}

}  // namespace actsparse
