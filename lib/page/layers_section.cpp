#include "page/html_table.h"
#include "page/number_text.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

std::string shape_words(const ReportJson& shape) {
  if (!shape.is_array()) return "-";
  if (!shape.empty() && shape.front().is_array()) return std::to_string(shape.size()) + " features";
  return shape.dump();
}

std::string gate_words(const ReportJson& gate) {
  const ReportJson& weighted = part(gate, {"weighted"});
  const bool has_factors = weighted.is_boolean() && weighted.get<bool>();
  return std::string(has_factors ? "|x| w > " : "|x| > ") + plain_text(number(gate, {"threshold"}));
}

std::string mask_words(const ReportJson& layer) {
  const ReportJson& gate = part(layer, {"gate"});
  return gate.is_object() ? gate_words(gate) : shape_words(part(layer, {"mask_shape"}));
}

std::string kept_words(const ReportJson& layer) {
  const auto kept = number(layer, {"kept"}), total = number(layer, {"total"});
  return kept && total ? count_text(kept) + "/" + count_text(total) : "-";
}

}  // namespace

std::string layers_of(const ReportJson& report) {
  HtmlTable table({{'n', "layer"},
                   {'t', "type"},
                   {'#', "calls"},
                   {'t', "mask"},
                   {'#', "kept"},
                   {'#', "asked"},
                   {'|', "sparsity"}});
  for (const auto& layer : masked_layers(report)) {
    const auto sparsity = number(layer, {"sparsity_effective"});
    table.row()
        .cell(layer_label(text(layer, {"name"})))
        .cell(text(layer, {"type"}))
        .cell(count_text(number(layer, {"calls"})))
        .cell(mask_words(layer))
        .cell(kept_words(layer))
        .cell(percent_text(number(layer, {"sparsity_requested"})))
        .bar(sparsity, percent_text(sparsity));
  }
  return table.html();
}

}  // namespace actsparse
