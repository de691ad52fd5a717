#include "report/state_figures.h"

#include <c10/util/Exception.h>

#include <algorithm>

#include "base/error.h"
#include "report/activation_histogram.h"
#include "report/channel_map.h"

namespace actsparse {
namespace {

const LayerRecord* find_layer(const std::vector<LayerRecord>& layers, const std::string& name) {
  const auto found = std::find_if(layers.begin(), layers.end(),
                                  [&](const auto& layer) { return layer.site.layer == name; });
  return found == layers.end() ? nullptr : &*found;
}

LayerFigures figures_of(const LayerRecord* seen, const LayerRecord* masked) {
  LayerFigures figures;
  figures.layer = (masked != nullptr ? masked : seen)->site.layer;
  if (masked != nullptr) figures.map = channel_map(*masked);
  if (seen != nullptr) figures.histogram = activation_histogram(*seen, masked);
  return figures;
}

}  // namespace

std::vector<LayerFigures> layer_figures(const std::vector<LayerRecord>& seen,
                                        const std::vector<LayerRecord>& masked) {
  std::vector<LayerFigures> all;
  for (const auto& layer : masked.empty() ? seen : masked) {
    const std::string& name = layer.site.layer;
    try {
      LayerFigures figures = figures_of(find_layer(seen, name), find_layer(masked, name));
      if (figures.map || figures.histogram) all.push_back(std::move(figures));
    } catch (const c10::Error& cause) {
      throw Error(ErrorKind::State, layer_text(name) + ": its mask or data do not fit its input")
          .with_details(cause.what());
    }
  }
  return all;
}

}  // namespace actsparse
