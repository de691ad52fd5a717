#pragma once
// Some batches of a source.
#include <functional>
#include <memory>

#include "data/batch_source.h"

namespace actsparse {

/// Those of `source` whose numbers (from 0) `picks` picks; the others are skipped, not read. Digest
/// and fingerprint are the source's.
std::unique_ptr<BatchSource> picked_batches(std::unique_ptr<BatchSource> source,
                                            std::function<bool(int64_t)> picks);

}  // namespace actsparse
