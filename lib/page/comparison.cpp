// Several reports side by side.
#include <algorithm>

#include "page/headline.h"
#include "page/html.h"
#include "page/html_table.h"
#include "page/number_text.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

// A column per report.
std::vector<HtmlTable::Column> columns_for(const std::vector<PageReport>& reports,
                                           const char* first) {
  std::vector<HtmlTable::Column> columns = {{'n', first}};
  for (const auto& report : reports) columns.push_back({'|', report.name});
  return columns;
}

const HeadlineFigure* find_figure(const std::vector<HeadlineFigure>& figures,
                                  const std::string& name) {
  const auto found = std::find_if(figures.begin(), figures.end(),
                                  [&](const auto& figure) { return figure.name == name; });
  return found == figures.end() ? nullptr : &*found;
}

// Names in the order in which they first come up.
void add_new(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

// The headline, and what it took.
std::vector<HeadlineFigure> compared_figures(const ReportJson& report) {
  auto figures = headline_figures(report);
  if (const auto seconds = number(report, {"timing", "total_seconds"}))
    figures.push_back({"the command took", seconds_text(seconds), *seconds, false});
  return figures;
}

std::string figures_table(const std::vector<PageReport>& reports) {
  std::vector<std::vector<HeadlineFigure>> all;
  std::vector<std::string> names;
  for (const auto& report : reports) {
    all.push_back(compared_figures(report.document));
    for (const auto& figure : all.back()) add_new(names, figure.name);
  }
  HtmlTable table(columns_for(reports, "figure"));
  for (const auto& name : names) {
    table.row().cell(name);
    for (const auto& figures : all) {
      const auto* figure = find_figure(figures, name);
      table.bar(figure != nullptr && figure->is_share ? std::optional(figure->value) : std::nullopt,
                figure == nullptr ? "-" : figure->text);
    }
  }
  return table.html();
}

const ReportJson& layer_named(const ReportJson& report, const std::string& name) {
  for (const auto& layer : masked_layers(report))
    if (text(layer, {"name"}) == name) return layer;
  return no_part();
}

std::string sparsity_table(const std::vector<PageReport>& reports) {
  std::vector<std::string> names;
  for (const auto& report : reports)
    for (const auto& layer : masked_layers(report.document)) add_new(names, text(layer, {"name"}));
  HtmlTable table(columns_for(reports, "layer"));
  for (const auto& name : names) {
    table.row().cell(layer_label(name));
    for (const auto& report : reports) {
      const auto sparsity = number(layer_named(report.document, name), {"sparsity_effective"});
      table.bar(sparsity, percent_text(sparsity));
    }
  }
  const std::string rows = table.html();
  return rows.empty() ? "" : element("h3", "Sparsity of each layer") + "\n" + rows;
}

// What remains against what is right, or agrees: nothing unless two reports have both.
std::string trade_offs(const std::vector<PageReport>& reports, Charts& charts) {
  for (const char* metric : {"accuracy", "agreement"}) {
    Chart chart;
    chart.title = std::string(metric) + " against the MACs that are left";
    chart.x_label = "MACs that are left";
    chart.y_label = metric;
    chart.x_percent = chart.y_percent = true;
    for (const auto& report : reports) {
      const auto figures = headline_figures(report.document);
      const auto *macs = find_figure(figures, "MACs that are left"),
                 *rate = find_figure(figures, metric);
      if (macs != nullptr && rate != nullptr)
        chart.series.push_back({report.name, {{macs->value, rate->value}}, false});
    }
    if (chart.series.size() > 1) return charts.add(chart);
  }
  return "";
}

}  // namespace

std::string comparison_of(const std::vector<PageReport>& reports, Charts& charts) {
  return figures_table(reports) + trade_offs(reports, charts) + sparsity_table(reports);
}

}  // namespace actsparse
