#include "page/report_parts.h"

namespace actsparse {
namespace {

bool is_of(const ReportJson& report, const char* command) {
  return text(report, {"command"}) == command;
}

}  // namespace

const ReportJson& evaluation_part(const ReportJson& report) {
  if (is_of(report, "evaluate")) return report;
  return is_of(report, "search") ? part(report, {"check"}) : part(report, {"evaluation"});
}

const ReportJson& compact_part(const ReportJson& report) {
  return is_of(report, "compact") ? report : part(report, {"compact"});
}

const ReportJson& compact_timing(const ReportJson& report) {
  return is_of(report, "compact") ? part(report, {"timing"}) : part(report, {"timing", "compact"});
}

const ReportJson& sensitivity_part(const ReportJson& report) {
  return is_of(report, "sensitivity") ? report : part(report, {"sensitivity"});
}

const ReportJson& chosen_point(const ReportJson& report) {
  for (const auto& point : list(report, {"points"})) {
    const ReportJson& chosen = part(point, {"chosen"});
    if (chosen.is_boolean() && chosen.get<bool>()) return point;
  }
  return no_part();
}

const ReportJson& provenance_part(const ReportJson& report) {
  if (const ReportJson& own = part(report, {"provenance"}); own.is_object()) return own;
  const ReportJson& sensitivity = part(report, {"sensitivity", "provenance"});
  return sensitivity.is_object() ? sensitivity : report;
}

const ReportJson& masked_layers(const ReportJson& report) {
  return is_of(report, "compact") ? no_list() : list(report, {"layers"});
}

std::string layer_label(const std::string& name) { return name.empty() ? "(root)" : name; }

std::string group_label(const ReportJson& names) {
  const auto all = texts(names, {});
  if (all.empty()) return "(no layers)";
  return layer_label(all[0]) +
         (all.size() == 1 ? "" : " and " + std::to_string(all.size() - 1) + " more");
}

}  // namespace actsparse
