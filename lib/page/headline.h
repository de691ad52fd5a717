#pragma once
// The few numbers that sum a report up, and that reports can be compared by.
#include <optional>
#include <string>
#include <vector>

#include "page/report_json.h"

namespace actsparse {

struct HeadlineFigure {
  std::string name;  ///< the same in all reports: "accuracy", "MACs that are left"
  std::string text;
  double value = 0;       ///< finite
  bool is_share = false;  ///< from 0 to 1, so that a bar can show it
};

/// Those that the report has, the most telling first.
std::vector<HeadlineFigure> headline_figures(const ReportJson& report);

/// after / before of such an object; nothing if it has none.
std::optional<double> share_left(const ReportJson& before_after);

/// 1 - kept / total over all masks; nothing if there are none.
std::optional<double> sparsity_of_masks(const ReportJson& report);

}  // namespace actsparse
