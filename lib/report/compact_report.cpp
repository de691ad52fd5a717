#include "report/compact_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/memory.h"
#include "report/table.h"

namespace actsparse {
namespace {

using json = nlohmann::ordered_json;

json layer_json(const MaskedChannels& layer) {
  json kept = json::array();
  for (const auto& [channels, because] : layer.kept)
    kept.push_back({{"channels", channels}, {"because", because}});
  return {{"name", layer.layer},      {"channels", layer.total},    {"masked", layer.masked},
          {"removed", layer.removed}, {"also_removed", layer.lost}, {"kept", std::move(kept)}};
}

json ratio_json(const BeforeAfter& numbers) {
  return {{"before", numbers.before}, {"after", numbers.after}};
}

json difference_json(const Difference& difference) {
  return {{"input", difference.shape},
          {"relative", difference.relative},
          {"over_variation", difference.over_variation}};
}

std::string share(const BeforeAfter& numbers) {
  return numbers.before == 0 ? "-"
                             : fmt::format("{:.2f}", static_cast<double>(numbers.after) /
                                                         static_cast<double>(numbers.before));
}

std::string count_text(int64_t count) {
  if (count >= 10'000'000) return fmt::format("{:.1f} M", static_cast<double>(count) / 1e6);
  if (count >= 10'000) return fmt::format("{:.1f} k", static_cast<double>(count) / 1e3);
  return std::to_string(count);
}

std::vector<std::string> row(const MaskedChannels& layer) {
  std::string why;
  for (const auto& [channels, because] : layer.kept)
    why += fmt::format("{}kept {}: {}", why.empty() ? "" : "; ", channels, because);
  return {layer.layer.empty() ? "(root)" : layer.layer, std::to_string(layer.total),
          std::to_string(layer.masked), std::to_string(layer.removed), why};
}

void print_latency(const Latency& latency, std::ostream& out) {
  if (latency.rounds == 0) return;
  out << fmt::format(
      "time       {:.2f} ms unmasked, {:.2f} ms masked, {:.2f} ms small: {:.2f} of unmasked, "
      "{:.2f} "
      "of masked (medians of {} in turn, {} threads, batch of {})\n",
      1e3 * latency.unmasked, 1e3 * latency.masked, 1e3 * latency.small,
      latency.small / latency.unmasked, latency.small / latency.masked, latency.rounds,
      latency.threads, latency.batch_size);
}

}  // namespace

json to_json(const CompactReport& report) {
  json document = {{"version", 1}, {"command", "compact"}, {"model", report.masked}};
  document["layers"] = json::array();
  for (const auto& layer : report.layers) document["layers"].push_back(layer_json(layer));
  document["parameters"] = ratio_json(report.parameters);
  document["macs"] = ratio_json(report.macs);
  document["file_bytes"] = ratio_json(report.bytes);
  document["equality"] = {{"passed", true}, {"tolerance", report.tolerance}};
  document["equality"]["inputs"] = json::array();
  for (const auto& difference : report.differences)
    document["equality"]["inputs"].push_back(difference_json(difference));
  document["warnings"] = report.warnings;
  document["outputs"] = {{"model", report.small}};
  document["timing"] = {
      {"unmasked_seconds", report.latency.unmasked}, {"masked_seconds", report.latency.masked},
      {"small_seconds", report.latency.small},       {"rounds", report.latency.rounds},
      {"threads", report.latency.threads},           {"batch_size", report.latency.batch_size},
      {"total_seconds", report.total_seconds}};
  return document;
}

void print_text(const CompactReport& report, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"layer", "channels", "masked", "removed", ""}};
  for (const auto& layer : report.layers) rows.push_back(row(layer));
  print_table(rows, {1, 2, 3}, out);
  for (const auto& warning : report.warnings) out << "warning: " << warning << '\n';
  const auto line = [&](const char* name, const BeforeAfter& numbers, const auto& text) {
    out << fmt::format("{:<10} {} -> {} ({})\n", name, text(numbers.before), text(numbers.after),
                       share(numbers));
  };
  line("parameters", report.parameters, count_text);
  line("MACs", report.macs, count_text);
  line("file", report.bytes, bytes_text);
  print_latency(report.latency, out);
  for (const auto& difference : report.differences)
    out << fmt::format(
        "equal to the masked model on {}: differs by {:.1e}, {:.1e} of what samples "
        "differ by\n",
        difference.shape, difference.relative, difference.over_variation);
}

}  // namespace actsparse
