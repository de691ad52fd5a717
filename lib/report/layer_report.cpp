#include "report/layer_report.h"

#include <spdlog/fmt/fmt.h>

#include "functions/functions.h"
#include "functions/tensors.h"
#include "report/json_fields.h"

namespace actsparse {
namespace {

OrderedJson layer_json(const LayerReport& layer) {
  OrderedJson entry = {{"name", layer.name}, {"type", layer.type}, {"calls", layer.calls}};
  entry["mask_shape"] = nullptr;
  entry["kept"] = nullptr;
  entry["total"] = nullptr;
  entry["sparsity_requested"] = value_or_null(layer.requested);
  entry["sparsity_effective"] = nullptr;
  if (layer.mask) {
    // With features: a list of shapes, one per feature.
    entry["mask_shape"] = layer.has_features ? OrderedJson(layer.mask->shapes)
                                             : OrderedJson(layer.mask->shapes.at(0));
    entry["kept"] = layer.mask->kept;
    entry["total"] = layer.mask->total;
    entry["sparsity_effective"] = layer.mask->sparsity();
  }
  if (layer.gate) {
    entry["sparsity_effective"] = value_or_null(layer.gate->dropped);
    entry["gate"] = {{"threshold", layer.gate->threshold}, {"weighted", layer.gate->has_factors}};
  }
  entry["warnings"] = layer.warnings;
  return entry;
}

LayerReport read_layer(const OrderedJson& entry) {
  LayerReport layer;
  entry.at("name").get_to(layer.name);
  entry.at("type").get_to(layer.type);
  entry.at("calls").get_to(layer.calls);
  layer.requested = optional_at<double>(entry, "sparsity_requested");
  entry.at("warnings").get_to(layer.warnings);
  if (entry.contains("gate"))
    layer.gate = {entry.at("gate").at("threshold").get<double>(),
                  entry.at("gate").at("weighted").get<bool>(),
                  optional_at<double>(entry, "sparsity_effective")};
  const OrderedJson& shape = entry.at("mask_shape");
  if (shape.is_null()) return layer;
  layer.has_features = !shape.empty() && shape.front().is_array();
  layer.mask.emplace();
  if (layer.has_features)
    shape.get_to(layer.mask->shapes);
  else
    layer.mask->shapes = {shape.get<std::vector<int64_t>>()};
  entry.at("kept").get_to(layer.mask->kept);
  entry.at("total").get_to(layer.mask->total);
  return layer;
}

std::optional<GateSummary> summarize_gate(const LayerRecord& record) {
  const auto* gate = record.gate ? std::get_if<ThresholdGate>(&*record.gate) : nullptr;
  if (gate == nullptr) return std::nullopt;
  return GateSummary{gate->threshold.item<double>(), gate->factors.defined(), gate->dropped};
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::vector<std::string> cells(const LayerReport& layer) {
  std::vector<std::string> row = {layer.name.empty() ? "(root)" : layer.name, layer.type,
                                  std::to_string(layer.calls)};
  const std::string asked = layer.requested ? percent(*layer.requested) : "-";
  if (layer.gate) {
    const auto& [threshold, has_factors, dropped] = *layer.gate;
    row.push_back(fmt::format("|x|{} > {:.4g}", has_factors ? " w" : "", threshold));
    row.insert(row.end(), {"-", asked, dropped ? percent(*dropped) : "-"});
    return row;
  }
  if (!layer.mask) {
    row.insert(row.end(), {"-", "-", asked, "-"});
    return row;
  }
  row.push_back(layer.has_features ? fmt::format("{} features", layer.mask->shapes.size())
                                   : shape_text(layer.mask->shapes.at(0)));
  row.push_back(fmt::format("{}/{}", layer.mask->kept, layer.mask->total));
  row.insert(row.end(), {asked, percent(layer.mask->sparsity())});
  return row;
}

}  // namespace

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
    layer.gate = summarize_gate(record);
    layer.requested = requested_sparsity(record.settings);
    for (const auto& warning : warnings)
      if (warning.layer == layer.name) layer.warnings.push_back(warning.text);
    layers.push_back(std::move(layer));
  }
  return layers;
}

OrderedJson to_json(const std::vector<LayerReport>& layers) {
  OrderedJson part = OrderedJson::array();
  for (const auto& layer : layers) part.push_back(layer_json(layer));
  return part;
}

void from_json(const OrderedJson& part, std::vector<LayerReport>& layers) {
  for (const OrderedJson& entry : part) layers.push_back(read_layer(entry));
}

Rows rows(const std::vector<LayerReport>& layers) {
  Table table{{{"layer", "type", "calls", "mask", "kept", "asked", "sparsity"}}, {2, 4, 5, 6}};
  for (const auto& layer : layers) table.rows.push_back(cells(layer));
  return {table};
}

}  // namespace actsparse
