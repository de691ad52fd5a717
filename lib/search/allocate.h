#pragma once
// How sparsely each group is best kept: one level for each, so that enough is saved and as little
// as possible is lost. A multiple-choice knapsack by dynamic programming, as SPDY does it for
// layers (Frantar and Alistarh 2022, arXiv 2201.13096).
#include <cstddef>
#include <vector>

namespace actsparse {

/// One level of one group.
struct Option {
  double cost = 0;   ///< what it loses; any unit, costs of groups add up
  double saved = 0;  ///< share of the whole that it saves
};

/// Of each group the place of an option, such that their `saved` add up to at least `needed` (but
/// for the grid's rounding, 1e-4 per group) and their costs to as little as that allows; where
/// nothing reaches it, the most that can be saved. Of equal ones the least saving. Each group has
/// at least one option.
std::vector<size_t> allocate(const std::vector<std::vector<Option>>& groups, double needed);

}  // namespace actsparse
