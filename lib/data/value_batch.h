#pragma once
// What batches given as whole values share: their samples are counted, not chosen.
#include <cstdint>
#include <string>
#include <vector>

#include "data/batch_source.h"
#include "record/run.h"

namespace actsparse {

Batch value_batch(std::vector<c10::IValue> arguments, std::string origin);

/// The last of `sizes` if it is below the others, which are equal; else 0.
int64_t smaller_last(const std::vector<int64_t>& sizes);

}  // namespace actsparse
