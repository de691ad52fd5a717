#pragma once
#include <memory>

#include "data/batch_source.h"

namespace actsparse {

/// `source`, read on a thread of its own, at most `depth` batches ahead of the caller: while the
/// model runs, the next batch is read and decoded. Same batches, same errors at the same place.
std::unique_ptr<BatchSource> read_ahead(std::unique_ptr<BatchSource> source, size_t depth = 2);

}  // namespace actsparse
