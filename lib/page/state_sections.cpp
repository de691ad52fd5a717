// What is drawn of the states: channels and activations.
#include "page/html.h"
#include "page/html_table.h"
#include "page/number_text.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

std::string map_row(const LayerFigures& layer, Charts& charts) {
  const ChannelMap& map = *layer.map;
  const std::string count = count_text(static_cast<double>(map.channels)) +
                            (map.are_channels ? " channels" : " elements");
  return element("tr", element("th", escaped(layer_label(layer.layer)), "scope=\"row\"") +
                           element("td", escaped(count)) +
                           element("td", charts.add(map), "class=\"map\"")) +
         "\n";
}

}  // namespace

std::string channel_maps_of(const std::vector<LayerFigures>& figures, Charts& charts) {
  std::string rows;
  for (const auto& layer : figures)
    if (layer.map && !layer.map->kept.empty()) rows += map_row(layer, charts);
  if (rows.empty()) return "";
  return paragraph(
             "A row is a layer, a cell a channel of its input, or several neighbours where there "
             "are many: dark cells are kept, light ones masked.",
             "class=\"note\"") +
         element("div", element("table", element("tbody", "\n" + rows), "class=\"maps\""),
                 "class=\"scroll\" tabindex=\"0\"") +
         "\n";
}

std::string histograms_of(const std::vector<LayerFigures>& figures, Charts& charts) {
  std::string places;
  for (const auto& layer : figures)
    if (layer.histogram) places += charts.add(layer_label(layer.layer), *layer.histogram);
  if (places.empty()) return "";
  return paragraph(
             "How large the numbers are that entered each layer, as shares of all of them: blue "
             "ones are kept, orange ones are set to 0.",
             "class=\"note\"") +
         element("div", "\n" + places, "class=\"histograms\"") + "\n";
}

}  // namespace actsparse
