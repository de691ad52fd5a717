#pragma once
// What operators that move elements have in common.
#include <vector>

#include "compact/visit.h"

namespace actsparse::rules {

/// What each of the node's results holds (one, or the list of them): the operator itself, run on
/// tensors of ids and of known values, moves these as it moves elements. Throws NotUnderstood where
/// an argument is not known, c10::Error where the operator does not take such tensors.
std::vector<Channels> moved(const Visit& visit);

/// Whether the ids change along `axis`.
bool changes_along(const Channels& channels, int64_t axis);

}  // namespace actsparse::rules
