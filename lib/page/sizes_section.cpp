// What compacting saves.
#include "page/headline.h"
#include "page/html_table.h"
#include "page/number_text.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

void add_row(HtmlTable& table, const std::string& name, const ReportJson& before_after,
             std::string (*show)(std::optional<double>)) {
  const auto share = share_left(before_after);
  if (!share) return;
  table.row()
      .cell(name)
      .cell(show(number(before_after, {"before"})))
      .cell(show(number(before_after, {"after"})))
      .bar(share, percent_text(share));
}

}  // namespace

std::string sizes_of(const ReportJson& report) {
  const ReportJson& compact = compact_part(report);
  const ReportJson& times = compact_timing(report);
  HtmlTable table({{'n', ""}, {'#', "before"}, {'#', "after"}, {'|', "left"}});
  add_row(table, "parameters", part(compact, {"parameters"}), count_text);
  add_row(table, "MACs of a sample", part(compact, {"macs"}), count_text);
  add_row(table, "file", part(compact, {"file_bytes"}), size_text);
  add_row(
      table, "time of a call",
      {{"before", part(times, {"unmasked_seconds"})}, {"after", part(times, {"small_seconds"})}},
      seconds_text);
  return table.html();
}

std::string removed_channels_of(const ReportJson& report) {
  HtmlTable table(
      {{'n', "layer"}, {'#', "channels"}, {'|', "masked"}, {'|', "removed"}, {'t', "kept"}});
  for (const auto& layer : list(compact_part(report), {"layers"})) {
    const auto channels = number(layer, {"channels"}), masked = number(layer, {"masked"}),
               removed = number(layer, {"removed"});
    const auto share = [&](std::optional<double> count) {
      return count && channels && *channels > 0 ? std::optional(*count / *channels) : std::nullopt;
    };
    std::string kept;
    for (const auto& cause : list(layer, {"kept"}))
      kept += (kept.empty() ? "" : "; ") + count_text(number(cause, {"channels"})) + " " +
              text(cause, {"because"});
    table.row()
        .cell(layer_label(text(layer, {"name"})))
        .cell(count_text(channels))
        .bar(share(masked), count_text(masked))
        .bar(share(removed), count_text(removed))
        .cell(kept);
  }
  return table.html();
}

}  // namespace actsparse
