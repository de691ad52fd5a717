#pragma once
// What groups lose at their levels, as far as that was measured.
#include <optional>
#include <string>
#include <vector>

#include "report/search_report.h"

namespace actsparse {

class LossCurves {
 public:
  /// Of groups alone, which must outlive it.
  explicit LossCurves(const SensitivityReport& alone) : alone_(alone) {}

  /// What a group loses at a level; level 0, not masked, loses nothing. Nothing if it is not known.
  std::optional<double> of(size_t group, double level, const std::string& metric) const;

  /// What all lose at these levels if groups' losses add up; NaN if one is not known.
  double predicted(const std::vector<double>& levels, const std::string& metric) const;

 private:
  const SensitivityReport& alone_;
};

}  // namespace actsparse
