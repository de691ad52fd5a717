#pragma once
// As little as quality allows: where only that is bounded.
#include "pipeline/whole_trials.h"

namespace actsparse {

/// Measures points between what certainly holds (all remains) and what may not, and adds them to
/// `report`.
void search_least(const Config& config, const SearchPoints& points, const WholeTrials& whole,
                  SearchReport& report);

}  // namespace actsparse
