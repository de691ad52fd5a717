#pragma once
// What a command did, in numbers: provenance and sections. A section is a struct with to_json,
// from_json and rows; printers (text, JSON) know nothing else of it. To add one: write it, give it
// a member here and a line in for_each_section.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "config/provenance.h"
#include "page/layer_figures.h"
#include "report/compact_report.h"
#include "report/dry_run_report.h"
#include "report/evaluation_report.h"
#include "report/layer_report.h"
#include "report/precision_report.h"
#include "report/repair_report.h"
#include "report/verification_report.h"

namespace actsparse {

struct Timing {
  double load_seconds = 0;       ///< model, functions and data headers
  double calibrate_seconds = 0;  ///< the loop over the batches alone
  double total_seconds = 0;
  int64_t ranks = 1;  ///< processes that shared the batches; the seconds are rank 0's
};

struct Report {
  std::string command;
  Provenance origin;
  std::vector<LayerReport> layers;
  std::vector<std::string> warnings;         ///< those that belong to no layer that is left
  std::optional<PrecisionReport> precision;  ///< nothing if no batch was run
  std::optional<DryRun> dry_run;             ///< set if this was one
  std::optional<VerificationReport> verification;
  std::optional<RepairReport> repair;          ///< of the masked model, if it was repaired
  std::optional<CompactReport> compact;        ///< of the small model, if one was written
  std::optional<EvaluationReport> evaluation;  ///< what masks cost in answers
  std::vector<std::pair<std::string, std::string>>
      outputs;  ///< "model" -> name, relative to the output folder
  Timing timing;
  std::vector<LayerFigures> figures;  ///< for a page, if one is written; not in the document
  std::optional<Error> failure;  ///< what the command ends with although it has written `outputs`;
                                 ///< not in the document: a warning says it
};

/// The document of docs/files.md: keys in a fixed order. Everything but "timing" depends on the
/// inputs alone.
nlohmann::ordered_json to_json(const Report& report);

/// The report that to_json() made this document of. Throws nlohmann::json::exception.
Report report_from_json(const nlohmann::ordered_json& document);

/// The same numbers for people.
Rows rows(const Report& report);

}  // namespace actsparse
