#include "report/report.h"

namespace actsparse {

std::vector<LayerReport> report_layers(const std::vector<LayerRecord>& records,
                                       const std::vector<LayerWarning>& warnings) {
  std::vector<LayerReport> layers;
  for (const auto& record : records) {
    LayerReport layer;
    layer.name = record.site.layer;
    layer.type = record.type;
    layer.calls = record.calls;
    layer.has_features = record.settings.features.has_value();
    layer.mask = summarize_mask(record);
    layer.requested = requested_sparsity(record.settings);
    for (const auto& warning : warnings)
      if (warning.layer == layer.name) layer.warnings.push_back(warning.text);
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace actsparse
