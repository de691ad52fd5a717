#include "report/compact_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <functional>
#include <map>

#include "base/memory.h"
#include "report/table.h"

namespace actsparse {
namespace {

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

std::string small(double number) { return number == 0 ? "0" : fmt::format("{:.1e}", number); }

std::vector<std::string> row(const MaskedChannels& layer) {
  std::string why;
  for (const auto& [channels, because] : layer.kept)
    why += fmt::format("{}kept {}: {}", why.empty() ? "" : "; ", channels, because);
  if (layer.looks_at_input) why += "its gate looks at the input: nothing is removed for it";
  if (layer.gathered > 0) why += "; reads a subset by index_select";
  return {layer.layer.empty() ? "(root)" : layer.layer, std::to_string(layer.total),
          std::to_string(layer.masked), std::to_string(layer.removed), why};
}

Table latency_line(const Latency& latency) {
  return line(fmt::format(
      "time       {:.2f} ms unmasked, {:.2f} ms masked, {:.2f} ms small: {:.2f} of unmasked, "
      "{:.2f} of masked (medians of {} in turn, {} threads, batch of {})",
      1e3 * latency.unmasked, 1e3 * latency.masked, 1e3 * latency.small,
      latency.small / latency.unmasked, latency.small / latency.masked, latency.rounds,
      latency.threads, latency.batch_size));
}

Table size_line(const char* name, const BeforeAfter& numbers,
                const std::function<std::string(int64_t)>& text) {
  return line(fmt::format("{:<10} {} -> {} ({})", name, text(numbers.before), text(numbers.after),
                          share(numbers)));
}

}  // namespace

std::string most_kept(const std::vector<MaskedChannels>& layers) {
  constexpr size_t kMost = 3;
  std::map<std::string, int64_t> counts;
  for (const auto& layer : layers)
    for (const auto& [channels, because] : layer.kept) counts[because] += channels;
  std::vector<std::pair<std::string, int64_t>> causes(counts.begin(), counts.end());
  std::stable_sort(causes.begin(), causes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (size_t i = 0; i < std::min(kMost, causes.size()); ++i)
    text += fmt::format("{}{} {}", i == 0 ? "; kept most often: " : ", ", causes[i].second,
                        causes[i].first);
  return text;
}

std::vector<std::string> timing_warnings(const CompactReport& report) {
  const Latency& latency = report.latency;
  if (latency.rounds == 0 || latency.small < latency.masked) return {};
  return {fmt::format("the small model is not faster than the masked one ({:.2f} of its time){}",
                      latency.small / latency.masked, most_kept(report.layers))};
}

Rows rows(const CompactReport& report) {
  Table table{{{"layer", "channels", "masked", "removed", ""}}, {1, 2, 3}};
  for (const auto& layer : report.layers) table.rows.push_back(row(layer));
  Rows rows = {table};
  for (const auto& warning : report.warnings) rows.push_back(line("warning: " + warning));
  rows.push_back(size_line("parameters", report.parameters, count_text));
  rows.push_back(size_line("MACs", report.macs, count_text));
  rows.push_back(size_line("file", report.bytes, bytes_text));
  if (report.latency.rounds > 0) rows.push_back(latency_line(report.latency));
  for (const auto& warning : timing_warnings(report)) rows.push_back(line("warning: " + warning));
  for (const auto& difference : report.differences)
    rows.push_back(line(fmt::format(
        "equal to the masked model on {}: difference {}, relative to the spread between samples {}",
        difference.shape, small(difference.relative), small(difference.over_variation))));
  return rows;
}

Rows rows(const CompactResult& result) {
  const CompactReport& report = result;
  Rows all = rows(report);
  for (auto& table : rows(result.evaluation)) all.push_back(std::move(table));
  return all;
}

}  // namespace actsparse
