#include "report/compact_report.h"

#include <spdlog/fmt/fmt.h>

#include <functional>

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

Rows rows(const CompactReport& report) {
  Table table{{{"layer", "channels", "masked", "removed", ""}}, {1, 2, 3}};
  for (const auto& layer : report.layers) table.rows.push_back(row(layer));
  Rows rows = {table};
  for (const auto& warning : report.warnings) rows.push_back(line("warning: " + warning));
  rows.push_back(size_line("parameters", report.parameters, count_text));
  rows.push_back(size_line("MACs", report.macs, count_text));
  rows.push_back(size_line("file", report.bytes, bytes_text));
  if (report.latency.rounds > 0) rows.push_back(latency_line(report.latency));
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
