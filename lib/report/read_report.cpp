#include "report/report.h"

namespace actsparse {
namespace {

using json = nlohmann::ordered_json;

template <class Value>
std::optional<Value> optional_at(const json& object, const char* key) {
  const json& value = object.at(key);
  return value.is_null() ? std::nullopt : std::optional<Value>(value.get<Value>());
}

std::string text_at(const json& object, const char* key) {
  return optional_at<std::string>(object, key).value_or("");
}

LayerReport read_layer(const json& entry) {
  LayerReport layer;
  entry.at("name").get_to(layer.name);
  entry.at("type").get_to(layer.type);
  entry.at("calls").get_to(layer.calls);
  layer.requested = optional_at<double>(entry, "sparsity_requested");
  entry.at("warnings").get_to(layer.warnings);
  const json& shape = entry.at("mask_shape");
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

PrecisionReport read_precision(const json& entry) {
  return {entry.at("requested").get<std::string>(), entry.at("ran").get<std::string>(),
          optional_at<double>(entry, "max_difference"), text_at(entry, "layer"),
          text_at(entry, "reason")};
}

VerificationReport read_verification(const json& entry) {
  return {entry.at("layers").get<int64_t>(), entry.at("calls").get<int64_t>(),
          entry.at("input").get<std::string>()};
}

DryRun read_dry_run(const json& entry) {
  return {entry.at("batches").get<int64_t>(),          entry.at("samples").get<int64_t>(),
          entry.at("estimated_seconds").get<double>(), entry.at("aggregate_bytes").get<int64_t>(),
          entry.at("model_bytes").get<int64_t>(),      entry.at("state_bytes").get<int64_t>(),
          entry.at("small_bytes").get<int64_t>()};
}

Timing read_timing(const json& entry) {
  return {entry.at("load_seconds").get<double>(), entry.at("calibrate_seconds").get<double>(),
          entry.at("total_seconds").get<double>(), entry.at("ranks").get<int64_t>()};
}

}  // namespace

Report report_from_json(const json& document) {
  Report report;
  document.at("command").get_to(report.command);
  report.origin = provenance_from_json(document);
  for (const json& entry : document.at("layers")) report.layers.push_back(read_layer(entry));
  document.at("warnings").get_to(report.warnings);
  if (const json& entry = document.at("precision"); !entry.is_null())
    report.precision = read_precision(entry);
  if (const json& entry = document.at("verification"); !entry.is_null())
    report.verification = read_verification(entry);
  if (document.contains("compact"))
    report.compact = compact_from_json(document.at("compact"), document.at("timing").at("compact"));
  if (document.contains("dry_run")) report.dry_run = read_dry_run(document.at("dry_run"));
  for (const auto& [kind, name] : document.at("outputs").items())
    report.outputs.emplace_back(kind, name.get<std::string>());
  report.timing = read_timing(document.at("timing"));
  return report;
}

}  // namespace actsparse
