#pragma once
// What running a flat graph costs.
#include <cstdint>

#include "compact/flat_model.h"
#include "compact/trace.h"

namespace actsparse {

/// About how many multiplications a processor does in the time that index_select takes for a byte.
constexpr double kMacsPerByte = 8;

/// Multiply-accumulates in one run of what `trace` has recorded, by the costs of the operators'
/// rows (rule.h): 0 of an operator that has none. A loop's body counts once.
int64_t count_macs(const FlatModel& model, const Trace& trace);

/// Bytes that index_select writes in such a run.
int64_t count_gathered_bytes(const FlatModel& model, const Trace& trace);

}  // namespace actsparse
