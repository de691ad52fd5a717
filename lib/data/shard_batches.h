#pragma once
#include <memory>

#include "config/shard.h"
#include "data/batch_source.h"

namespace actsparse {

/// The batches of `source` that are the shard's; it may have none. What is not is not read.
/// samples() is unknown; ragged_last() is that of the whole, so that all shards take or refuse it.
std::unique_ptr<BatchSource> shard_of(std::unique_ptr<BatchSource> source, const Shard& shard);

}  // namespace actsparse
