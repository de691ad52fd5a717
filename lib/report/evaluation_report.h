#pragma once
// What candidates cost in answers: the document of `evaluate`, and the section of other reports.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "quality/judge.h"
#include "report/table.h"

namespace actsparse {

struct CandidateReport {
  std::string model;  ///< file name
  Judgement judgement;
};

struct EvaluationReport {
  std::string baseline;  ///< file name
  std::vector<CandidateReport> candidates;
  std::string data;         ///< what it was judged on: "evaluate.data", "calibration data", "random
                            ///< values", ...
  std::string data_digest;  ///< SHA-256; empty for values that are in no file
  int64_t batches = 0, samples = 0;
  bool is_glance = false;  ///< one batch, as nothing else was asked for
  std::vector<std::string> warnings;
  double forward_seconds = 0;  ///< of all models' forwards
  double seconds = 0;          ///< of the loop over the batches
  double total_seconds = 0;    ///< of the command 'evaluate'

  bool passed() const;  ///< no gate has failed
};

/// What failed, in one line: model, metric, value and limit of each gate; empty if none did.
std::string failed_gates(const EvaluationReport& report);

/// The document of the command 'evaluate'.
nlohmann::ordered_json evaluation_document(const EvaluationReport& report);

/// As a section: all but the times.
nlohmann::ordered_json to_json(const EvaluationReport& report);
nlohmann::ordered_json evaluation_timing_json(const EvaluationReport& report);
/// Each throws nlohmann::json::exception.
void from_json(const nlohmann::ordered_json& part, EvaluationReport& report);
void evaluation_timing_from_json(const nlohmann::ordered_json& part, EvaluationReport& report);

/// As tables show it: rates in percent.
std::string metric_text(const std::string& metric, double value);

/// A table per candidate; of a glance a line.
Rows rows(const EvaluationReport& report);

}  // namespace actsparse
