#include "page/html.h"
#include "page/html_table.h"
#include "page/number_text.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

std::string tuned_text(const ReportJson& tuned) {
  if (!tuned.is_object()) return "";
  return paragraph("Tuned for " + count_text(number(tuned, {"steps"})) +
                   " steps, the best is step " + count_text(number(tuned, {"best_step"})) + ": " +
                   text(tuned, {"loss"}) + " on what was held out " +
                   plain_text(number(tuned, {"before"})) + " before, " +
                   plain_text(number(tuned, {"after"})) + " after.");
}

std::string left_text(const ReportJson& repair) {
  std::string items;
  for (const auto& layer : list(repair, {"left"}))
    items += element("li", escaped("not repaired: " + layer_label(text(layer, {"layer"})) + ": " +
                                   text(layer, {"reason"}))) +
             "\n";
  return items.empty() ? "" : element("ul", "\n" + items) + "\n";
}

}  // namespace

std::string repair_of(const ReportJson& report) {
  const ReportJson& repair = part(report, {"repair"});
  HtmlTable table({{'n', "layer"},
                   {'t', "choice"},
                   {'#', "ridge"},
                   {'|', "error before"},
                   {'|', "after"},
                   {'|', "held out, after"}});
  for (const auto& layer : list(repair, {"layers"})) {
    const auto before = number(layer, {"error", "before"}),
               after = number(layer, {"error", "after"}),
               held_out = number(layer, {"held_out_error", "after"});
    table.row()
        .cell(layer_label(text(layer, {"layer"})))
        .cell(text(layer, {"choice"}))
        .cell(plain_text(number(layer, {"ridge"})))
        .bar(before, plain_text(before))
        .bar(after, plain_text(after))
        .bar(held_out, plain_text(held_out));
  }
  const std::string rows = table.html();
  return rows.empty() ? "" : rows + tuned_text(part(repair, {"tuned"})) + left_text(repair);
}

}  // namespace actsparse
