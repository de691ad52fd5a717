#include "page/html.h"
#include "page/report_parts.h"
#include "page/sections.h"

namespace actsparse {
namespace {

class WarningList {
 public:
  void add(const std::string& whose, const ReportJson& holder) {
    for (const auto& warning : texts(holder, {"warnings"}))
      items_ += element("li", escaped(whose.empty() ? warning : whose + ": " + warning)) + "\n";
  }
  void add_text(const std::string& warning) {
    if (!warning.empty()) items_ += element("li", escaped(warning)) + "\n";
  }
  std::string html() const { return items_.empty() ? "" : element("ul", "\n" + items_) + "\n"; }

 private:
  std::string items_;
};

void add_gates(WarningList& warnings, const ReportJson& candidate) {
  for (const auto& gate : list(candidate, {"gates"})) {
    const ReportJson& passed = part(gate, {"passed"});
    if (passed.is_boolean() && !passed.get<bool>())
      warnings.add_text("gate FAILED: " + text(candidate, {"model"}) + ": " + text(gate, {"kind"}) +
                        " of " + text(gate, {"metric"}));
  }
}

}  // namespace

std::string warnings_of(const ReportJson& report) {
  WarningList warnings;
  if (const auto unmet = text(report, {"unmet"}); !unmet.empty())
    warnings.add_text("the budget is NOT met: " + unmet);
  for (const auto& layer : list(report, {"layers"}))
    warnings.add(layer_label(text(layer, {"name"})), layer);
  warnings.add("", report);
  for (const char* section : {"compact", "evaluation", "check", "sensitivity"})
    warnings.add("", part(report, {section}));
  warnings.add("", compact_timing(report));
  for (const auto& candidate : list(evaluation_part(report), {"candidates"})) {
    warnings.add(text(candidate, {"model"}), candidate);
    add_gates(warnings, candidate);
  }
  return warnings.html();
}

}  // namespace actsparse
