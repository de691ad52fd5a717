#pragma once
// Into how many levels a tile's terms are cut, so that no sum of them rounds.
#include <optional>

#include "statistics/kernels.h"

namespace actsparse {

/// For sums of `added` terms of elements in `range` (of T's). Nothing if three levels are not
/// enough, or not all is finite.
template <class T>
std::optional<Grids> grids_for(const Range& range, Term term, int64_t added);

}  // namespace actsparse
