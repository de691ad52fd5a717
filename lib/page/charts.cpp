#include "page/charts.h"

#include <algorithm>
#include <cmath>

#include "page/html.h"
#include "page/number_text.h"

namespace actsparse {
namespace {

// Four digits are more than a picture shows, and a quarter of the bytes.
double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
  return std::isfinite(scale) && scale != 0 ? std::round(value * scale) / scale : value;
}

ReportJson points_of(const ChartSeries& series, bool log_y) {
  ReportJson points = ReportJson::array();
  for (const auto& [x, y] : series.points)
    if (std::isfinite(x) && std::isfinite(y) && (!log_y || y > 0))
      points.push_back({rounded(x), rounded(y)});
  return points;
}

ReportJson rounded_list(const std::vector<double>& values) {
  ReportJson all = ReportJson::array();
  for (const double value : values) all.push_back(rounded(value));
  return all;
}

// A digit per cell: tenths, and "a" where all is kept.
std::string digits_of(const std::vector<double>& shares) {
  std::string digits;
  for (const double share : shares) {
    // Nearly all is not all, and nearly nothing is not nothing.
    const int tenths = share >= 1   ? 10
                       : share <= 0 ? 0
                                    : std::clamp(static_cast<int>(std::lround(10 * share)), 1, 9);
    digits += "0123456789a"[tenths];
  }
  return digits;
}

std::string histogram_words(const ActivationHistogram& histogram) {
  std::string words;
  if (histogram.cut)
    words = histogram.is_cut_of_channels ? "cut between channels at " + plain_text(histogram.cut)
                                         : "cut at " + plain_text(histogram.cut);
  if (histogram.beyond > 0)
    words += (words.empty() ? "" : "; ") + percent_text(histogram.beyond) + " are larger than " +
             plain_text(histogram.end);
  return words;
}

}  // namespace

std::string Charts::place(const std::string& title, const std::string& kind, ReportJson drawing) {
  const std::string id = "chart-" + std::to_string(data_.size());
  data_.push_back(std::move(drawing));
  const std::string canvas =
      element("canvas", "", "id=\"" + id + "\" role=\"img\" aria-label=\"" + escaped(title) + "\"");
  if (kind == "map") return canvas;
  return element("figure",
                 element("figcaption", escaped(title)) + element("div", canvas, "class=\"canvas\""),
                 "class=\"" + kind + "\"") +
         "\n";
}

std::string Charts::add(const Chart& chart) {
  ReportJson series = ReportJson::array();
  for (const auto& one : chart.series) {
    ReportJson points = points_of(one, chart.log_y);
    if (!points.empty())
      series.push_back({{"name", one.name},
                        {"points", std::move(points)},
                        {"line", one.is_line},
                        {"marked", one.is_marked}});
  }
  if (series.empty()) return "";
  return place(chart.title, "curves",
               {{"kind", "curves"},
                {"x", chart.x_label},
                {"y", chart.y_label},
                {"log", chart.log_y},
                {"xPercent", chart.x_percent},
                {"yPercent", chart.y_percent},
                {"series", std::move(series)}});
}

std::string Charts::add(const std::string& title, const ActivationHistogram& histogram) {
  if (histogram.kept.empty()) return "";
  const std::string words = histogram_words(histogram);
  return place(words.empty() ? title : title + ": " + words, "histogram",
               {{"kind", "histogram"},
                {"x", histogram.is_weighted ? "|x| times its channel's factor" : "|x|"},
                {"end", rounded(histogram.end)},
                {"kept", rounded_list(histogram.kept)},
                {"dropped", rounded_list(histogram.dropped)},
                {"cut", histogram.cut ? ReportJson(rounded(*histogram.cut)) : ReportJson()}});
}

std::string Charts::add(const ChannelMap& map) {
  if (map.kept.empty()) return "";
  return place("kept of each channel, from the first on the left", "map",
               {{"kind", "map"}, {"channels", map.channels}, {"cells", digits_of(map.kept)}});
}

}  // namespace actsparse
