#include "report/report.h"

#include <spdlog/fmt/fmt.h>

#include "base/counted.h"
#include "base/error.h"
#include "report/group_warnings.h"
#include "report/json_fields.h"

namespace actsparse {
namespace {

constexpr int kReportVersion = 1;

/// How the document shows that a section is not there.
enum class Absent { LeftOut, Null };

// The sections that a report may have, in the order in which they are shown.
template <class AnyReport, class Visit>
void for_each_section(AnyReport& report, Visit&& visit) {
  visit("precision", report.precision, Absent::Null);
  visit("dry_run", report.dry_run, Absent::LeftOut);
  visit("verification", report.verification, Absent::Null);
  visit("repair", report.repair, Absent::LeftOut);
  visit("compact", report.compact, Absent::LeftOut);
  visit("evaluation", report.evaluation, Absent::LeftOut);
}

OrderedJson timing_json(const Report& report) {
  OrderedJson timing = {{"load_seconds", report.timing.load_seconds},
                        {"calibrate_seconds", report.timing.calibrate_seconds},
                        {"total_seconds", report.timing.total_seconds},
                        {"batches", report.origin.batches},
                        {"samples", report.origin.samples},
                        {"ranks", report.timing.ranks}};
  if (report.repair) timing["repair"] = repair_timing_json(*report.repair);
  if (report.compact) timing["compact"] = compact_timing_json(*report.compact);
  if (report.evaluation) timing["evaluation"] = evaluation_timing_json(*report.evaluation);
  return timing;
}

void read_timing(const OrderedJson& part, Report& report) {
  part.at("load_seconds").get_to(report.timing.load_seconds);
  part.at("calibrate_seconds").get_to(report.timing.calibrate_seconds);
  part.at("total_seconds").get_to(report.timing.total_seconds);
  part.at("ranks").get_to(report.timing.ranks);
  if (report.repair) repair_timing_from_json(part.at("repair"), *report.repair);
  if (report.compact) compact_timing_from_json(part.at("compact"), *report.compact);
  if (report.evaluation) evaluation_timing_from_json(part.at("evaluation"), *report.evaluation);
}

void append(Rows& rows, Rows more) {
  for (auto& table : more) rows.push_back(std::move(table));
}

// A section that starts with a table stands apart.
void append_section(Rows& rows, Rows section) {
  if (!section.empty() && section.front().rows.size() > 1) rows.push_back(line(""));
  append(rows, std::move(section));
}

Rows warning_rows(const Report& report) {
  std::vector<std::string> warnings;
  for (const auto& layer : report.layers)
    for (const auto& warning : layer.warnings)
      warnings.push_back(layer_text(layer.name) + ": " + warning);
  warnings.insert(warnings.end(), report.warnings.begin(), report.warnings.end());
  Rows rows;
  for (const auto& warning : group_warnings(warnings)) rows.push_back(line("warning: " + warning));
  return rows;
}

}  // namespace

OrderedJson to_json(const Report& report) {
  OrderedJson document = {{"version", kReportVersion}, {"command", report.command}};
  document.update(to_json(report.origin));
  document["layers"] = to_json(report.layers);
  document["warnings"] = report.warnings;
  for_each_section(report, [&](const char* key, const auto& section, Absent absent) {
    if (section)
      document[key] = to_json(*section);
    else if (absent == Absent::Null)
      document[key] = nullptr;
  });
  document["outputs"] = OrderedJson::object();
  for (const auto& [kind, name] : report.outputs) document["outputs"][kind] = name;
  document["timing"] = timing_json(report);
  return document;
}

Report report_from_json(const OrderedJson& document) {
  Report report;
  document.at("command").get_to(report.command);
  report.origin = provenance_from_json(document);
  from_json(document.at("layers"), report.layers);
  document.at("warnings").get_to(report.warnings);
  for_each_section(report, [&](const char* key, auto& section, Absent absent) {
    const bool is_there = document.contains(key) || absent == Absent::Null;
    if (is_there && !document.at(key).is_null()) from_json(document.at(key), section.emplace());
  });
  for (const auto& [kind, name] : document.at("outputs").items())
    report.outputs.emplace_back(kind, name.get<std::string>());
  read_timing(document.at("timing"), report);
  return report;
}

Rows rows(const Report& report) {
  Rows all = rows(report.layers);
  append(all, warning_rows(report));
  if (report.timing.total_seconds > 0)
    all.push_back(line(fmt::format("{}, {}; loop {:.2f} s, total {:.2f} s",
                                   counted(report.origin.batches, "batch"),
                                   counted(report.origin.samples, "sample"),
                                   report.timing.calibrate_seconds, report.timing.total_seconds)));
  for_each_section(report, [&](const char*, const auto& section, Absent) {
    if (section) append_section(all, rows(*section));
  });
  return all;
}

}  // namespace actsparse
