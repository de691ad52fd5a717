#pragma once
// Where the parts of a report stand, which is not the same in the documents of all commands.
#include "page/report_json.h"

namespace actsparse {

/// Each is null where the report has no such part.
const ReportJson& evaluation_part(const ReportJson& report);
const ReportJson& compact_part(const ReportJson& report);
const ReportJson& compact_timing(const ReportJson& report);
const ReportJson& sensitivity_part(const ReportJson& report);
/// The point that a search has taken.
const ReportJson& chosen_point(const ReportJson& report);
/// The object that holds tool_version, model, data, config.
const ReportJson& provenance_part(const ReportJson& report);
/// The layers of masks: [] of a report of `compact`, whose layers are of another kind.
const ReportJson& masked_layers(const ReportJson& report);

/// As tables show it: "(root)" for the empty name.
std::string layer_label(const std::string& name);
/// "conv1 and 3 more" of a list of names.
std::string group_label(const ReportJson& names);

}  // namespace actsparse
