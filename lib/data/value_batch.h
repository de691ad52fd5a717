#pragma once
// What batches given as whole values share: their samples are counted, not chosen.
#include <cstdint>
#include <string>
#include <vector>

#include "data/batch_source.h"

namespace actsparse {

/// Samples of a batch whose arguments have these shapes (empty: a value, or a tensor without
/// dimensions): the first size of the first that has one; 0 if none has.
int64_t sample_count(const std::vector<std::vector<int64_t>>& shapes);
int64_t sample_count(const std::vector<c10::IValue>& arguments);

Batch value_batch(std::vector<c10::IValue> arguments, std::string origin);

/// The last of `sizes` if it is below the others, which are equal; else 0.
int64_t smaller_last(const std::vector<int64_t>& sizes);

}  // namespace actsparse
