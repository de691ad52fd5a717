#include <limits>

#include "report/compact_report.h"

namespace actsparse {
namespace {

using json = nlohmann::ordered_json;

json masked_channels_json(const MaskedChannels& layer) {
  json kept = json::array();
  for (const auto& [channels, because] : layer.kept)
    kept.push_back({{"channels", channels}, {"because", because}});
  json entry = {{"name", layer.layer},        {"channels", layer.total},
                {"masked", layer.masked},     {"removed", layer.removed},
                {"gathered", layer.gathered}, {"also_removed", layer.lost},
                {"kept", std::move(kept)}};
  if (layer.looks_at_input) entry["looks_at_input"] = true;
  return entry;
}

json ratio_json(const BeforeAfter& numbers) {
  return {{"before", numbers.before}, {"after", numbers.after}};
}

json difference_json(const Difference& difference) {
  return {{"input", difference.shape},
          {"relative", difference.relative},
          {"over_variation", difference.over_variation}};
}

MaskedChannels read_masked_channels(const json& entry) {
  MaskedChannels layer;
  entry.at("name").get_to(layer.layer);
  entry.at("channels").get_to(layer.total);
  entry.at("masked").get_to(layer.masked);
  entry.at("removed").get_to(layer.removed);
  entry.at("gathered").get_to(layer.gathered);
  entry.at("also_removed").get_to(layer.lost);
  layer.looks_at_input = entry.value("looks_at_input", false);
  for (const json& kept : entry.at("kept"))
    layer.kept.emplace_back(kept.at("channels").get<int64_t>(),
                            kept.at("because").get<std::string>());
  return layer;
}

BeforeAfter read_ratio(const json& entry) {
  return {entry.at("before").get<int64_t>(), entry.at("after").get<int64_t>()};
}

// JSON has no infinity: null.
double number_at(const json& entry, const char* key) {
  return entry.at(key).is_null() ? std::numeric_limits<double>::infinity()
                                 : entry.at(key).get<double>();
}

Difference read_difference(const json& entry) {
  Difference difference;
  entry.at("input").get_to(difference.shape);
  difference.relative = number_at(entry, "relative");
  difference.over_variation = number_at(entry, "over_variation");
  return difference;
}

}  // namespace

json to_json(const CompactReport& report) {
  json part;
  part["layers"] = json::array();
  for (const auto& layer : report.layers) part["layers"].push_back(masked_channels_json(layer));
  part["parameters"] = ratio_json(report.parameters);
  part["macs"] = ratio_json(report.macs);
  part["file_bytes"] = ratio_json(report.bytes);
  part["equality"] = {{"passed", true}, {"tolerance", report.tolerance}};
  part["equality"]["inputs"] = json::array();
  for (const auto& difference : report.differences)
    part["equality"]["inputs"].push_back(difference_json(difference));
  part["warnings"] = report.warnings;
  return part;
}

json compact_timing_json(const CompactReport& report) {
  return {{"unmasked_seconds", report.latency.unmasked}, {"masked_seconds", report.latency.masked},
          {"small_seconds", report.latency.small},       {"rounds", report.latency.rounds},
          {"threads", report.latency.threads},           {"batch_size", report.latency.batch_size},
          {"total_seconds", report.total_seconds},       {"warnings", timing_warnings(report)}};
}

json to_json(const CompactResult& result) {
  const CompactReport& report = result;
  json document = {{"version", 1}, {"command", "compact"}, {"model", result.masked}};
  document.update(to_json(report));
  document["evaluation"] = to_json(result.evaluation);
  document["outputs"] = json::object();
  if (result.evaluation.passed()) document["outputs"]["model"] = result.small;
  document["timing"] = compact_timing_json(report);
  document["timing"]["evaluation"] = evaluation_timing_json(result.evaluation);
  return document;
}

void from_json(const json& part, CompactReport& report) {
  for (const json& layer : part.at("layers")) report.layers.push_back(read_masked_channels(layer));
  report.parameters = read_ratio(part.at("parameters"));
  report.macs = read_ratio(part.at("macs"));
  report.bytes = read_ratio(part.at("file_bytes"));
  part.at("equality").at("tolerance").get_to(report.tolerance);
  for (const json& found : part.at("equality").at("inputs"))
    report.differences.push_back(read_difference(found));
  part.at("warnings").get_to(report.warnings);
}

void compact_timing_from_json(const json& timing, CompactReport& report) {
  timing.at("unmasked_seconds").get_to(report.latency.unmasked);
  timing.at("masked_seconds").get_to(report.latency.masked);
  timing.at("small_seconds").get_to(report.latency.small);
  timing.at("rounds").get_to(report.latency.rounds);
  timing.at("threads").get_to(report.latency.threads);
  timing.at("batch_size").get_to(report.latency.batch_size);
  timing.at("total_seconds").get_to(report.total_seconds);
}

}  // namespace actsparse
