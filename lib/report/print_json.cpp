#include "report/report.h"

namespace actsparse {
namespace {

using json = nlohmann::ordered_json;

constexpr int kReportVersion = 1;

json layer_json(const LayerReport& layer) {
  json entry = {{"name", layer.name}, {"type", layer.type}, {"calls", layer.calls}};
  entry["mask_shape"] = nullptr;
  entry["kept"] = nullptr;
  entry["total"] = nullptr;
  entry["sparsity_requested"] = layer.requested ? json(*layer.requested) : json(nullptr);
  entry["sparsity_effective"] = nullptr;
  if (layer.mask) {
    // With features: a list of shapes, one per feature.
    entry["mask_shape"] =
        layer.has_features ? json(layer.mask->shapes) : json(layer.mask->shapes.at(0));
    entry["kept"] = layer.mask->kept;
    entry["total"] = layer.mask->total;
    entry["sparsity_effective"] = layer.mask->sparsity();
  }
  entry["warnings"] = layer.warnings;
  return entry;
}

json verification_json(const std::optional<VerificationReport>& verification) {
  if (!verification) return nullptr;
  return {{"passed", true},
          {"layers", verification->layers},
          {"calls", verification->calls},
          {"input", verification->input}};
}

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json precision_json(const std::optional<PrecisionReport>& precision) {
  if (!precision) return nullptr;
  const auto& difference = precision->max_difference;  // JSON has no infinity: null
  return {{"requested", precision->requested},
          {"ran", precision->ran},
          {"max_difference", difference ? json(*difference) : json(nullptr)},
          {"layer", difference ? json(precision->layer) : json(nullptr)},
          {"reason", text_or_null(precision->reason)}};
}

}  // namespace

json to_json(const Report& report) {
  json document;
  document["version"] = kReportVersion;
  document["command"] = report.command;
  document.update(to_json(report.origin));
  document["precision"] = precision_json(report.precision);
  document["layers"] = json::array();
  for (const auto& layer : report.layers) document["layers"].push_back(layer_json(layer));
  document["warnings"] = report.warnings;
  document["verification"] = verification_json(report.verification);
  if (report.compact) document["compact"] = compact_json(*report.compact);
  if (report.dry_run)
    document["dry_run"] = {{"batches", report.dry_run->batches},
                           {"samples", report.dry_run->samples},
                           {"estimated_seconds", report.dry_run->estimated_seconds},
                           {"aggregate_bytes", report.dry_run->aggregate_bytes},
                           {"model_bytes", report.dry_run->model_bytes},
                           {"state_bytes", report.dry_run->state_bytes},
                           {"small_bytes", report.dry_run->small_bytes}};
  document["outputs"] = json::object();
  for (const auto& [kind, name] : report.outputs) document["outputs"][kind] = name;
  document["timing"] = {{"load_seconds", report.timing.load_seconds},
                        {"calibrate_seconds", report.timing.calibrate_seconds},
                        {"total_seconds", report.timing.total_seconds},
                        {"batches", report.origin.batches},
                        {"samples", report.origin.samples},
                        {"ranks", report.timing.ranks}};
  if (report.compact) document["timing"]["compact"] = compact_timing_json(*report.compact);
  return document;
}

}  // namespace actsparse
