#pragma once
// Which batches of the data a state has seen.
#include <cstdint>
#include <string>
#include <vector>

#include "record/run.h"

namespace actsparse {

/// The numbers, sorted; one that occurs twice stands twice.
std::vector<int64_t> batches_in(const std::vector<BatchRun>& runs);

/// Those of `total` batches that are not in `runs`, sorted.
std::vector<int64_t> batches_missing(const std::vector<BatchRun>& runs, int64_t total);

/// The same as runs, in the only way this function makes them. `batches` must be sorted, without
/// repetitions.
std::vector<BatchRun> runs_of(const std::vector<int64_t>& batches);

/// "batches 3, 7, 11, ... (25 in all)", counted from 1.
std::string batches_text(const std::vector<int64_t>& batches);

}  // namespace actsparse
