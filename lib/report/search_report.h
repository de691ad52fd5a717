#pragma once
// What a search has tried and found: the document of `search`, and its curve.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/evaluation_report.h"
#include "report/sensitivity_report.h"
#include "report/table.h"

namespace actsparse {

/// One allocation: a level for each group.
struct SearchPoint : Shares {
  std::vector<double> levels;    ///< of each group; 0: not masked
  double predicted = 0;          ///< of the metric: what the groups cost alone, added up
  std::vector<Metric> measured;  ///< of the whole, repaired; empty: not measured
  std::string note;              ///< how it came about: "allocated by loss^0.5"
  bool meets = false;            ///< the budget, as far as was measured
};

/// What a metric says is lost: it, where less is better; what is missing of 1 where 1 is best; how
/// much worse than the baseline, where labels judge.
double loss_of(const Metric& metric);

/// Of what was measured at a point as a whole; NaN if that metric was not.
double measured_loss(const SearchPoint& point, const std::string& metric);

struct SearchReport {
  SensitivityReport sensitivity;
  std::vector<std::pair<std::string, double>> remains;  ///< the budget: shares that may remain
  std::vector<std::string> holds;                       ///< and what must hold, as text
  std::vector<SearchPoint> points;                      ///< in the order in which they were tried
  std::optional<size_t> chosen;                         ///< among them
  /// What other budgets would cost: share of multiply-accumulates that is left, and the least that
  /// the metric loses; both as groups have them alone, added up.
  std::vector<std::pair<double, double>> frontier;
  EvaluationReport check;  ///< of what was found, on the kept data
  /// Share that is left, of the small model that was written, measured; where time is bounded.
  std::optional<double> time;
  int64_t threads = 0;                                       ///< that it was measured with
  bool met = false;                                          ///< the budget, by the kept data
  std::string unmet;                                         ///< why not; empty if it is
  std::vector<std::pair<std::string, std::string>> outputs;  ///< (key, file name)
  std::vector<std::string> warnings;
  double search_seconds = 0, total_seconds = 0;  ///< after the sensitivities; of all
};

/// The document; without times it is the curve.
nlohmann::ordered_json to_json(const SearchReport& report);
nlohmann::ordered_json curve_json(const SearchReport& report);
Rows rows(const SearchReport& report);

/// Losses over what is left: the frontier, and what was measured.
std::string search_picture(const SearchReport& report);

}  // namespace actsparse
