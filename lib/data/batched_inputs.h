#pragma once
#include <memory>

#include "data/batch_source.h"

namespace actsparse {

/// Batches of `config.inputs`: batch_size samples of each at a time. Throws Error(Data).
std::unique_ptr<BatchSource> open_batched_inputs(const DataConfig& config);

}  // namespace actsparse
