#pragma once
// From predicted allocations to measured ones, and to the one that is taken.
#include "base/error.h"
#include "pipeline/whole_trials.h"

namespace actsparse {

/// Error(Check) of a search that has nothing to choose from.
Error nothing_saves();

/// Fills in the points of `report` and which is chosen: of those that meet the budget the one that
/// loses least, or, where the budget only says what must hold, of which least remains; where none
/// does the nearest. Throws nothing_saves() where there is nothing to try, and WholeTrials' errors.
void search_points(const Config& config, const SearchPoints& points, const WholeTrials& whole,
                   SearchReport& report);

}  // namespace actsparse
