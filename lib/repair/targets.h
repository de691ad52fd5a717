#pragma once
// The weights that repair() solves for, in an order in which each finds the ones before it done.
#include <optional>
#include <vector>

#include "repair/operators.h"
#include "repair/residual.h"
#include "repair/walk.h"

namespace actsparse {

/// One weight: read by one operator, or by several calls of it.
struct Target {
  std::vector<MaskedOperator> calls;
  std::vector<std::optional<Residual>> residuals;  ///< of each call, where the other value is known

  const MaskedOperator& first() const { return calls.front(); }
};

/// Operators that read one weight are one target. In the order of their first calls.
std::vector<Target> targets_of(const std::vector<MaskedOperator>& operators);

/// Places of targets that are solved for together.
using Waves = std::vector<std::vector<size_t>>;

/// Targets one after another of which none depends on another or is added to another (the later one
/// makes up for what the first has lost), as few waves as that allows; not
/// more than `most_bytes` of moments in one of more than one target.
Waves waves_of(const std::vector<Target>& targets, const Walk& walk, bool sequential,
               int64_t most_bytes);

/// The most that solving one of the waves takes at once: the moments of all its targets, and copies
/// of the largest's.
int64_t bytes_of(const std::vector<Target>& targets, const Waves& waves);

/// The one that takes the most of it; there must be one.
const Target& largest_of(const std::vector<Target>& targets);

/// Finds what is added to each target's output and can be computed before its wave: without what is
/// repaired in it and after it.
void find_residuals(std::vector<Target>& targets, const Waves& waves, const Walk& walk);

}  // namespace actsparse
