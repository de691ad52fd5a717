#include "report/compact_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

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
        "equal to the masked model on {}: difference {}, relative to the spread between samples "
        "{}\n",
        difference.shape, small(difference.relative), small(difference.over_variation));
}

}  // namespace actsparse
