#pragma once
// Which batches no fit sees, so that they can judge it.
#include <cstddef>
#include <cstdint>

namespace actsparse {

/// Every 1 / share-th: whenever another whole number of batches is reached.
inline bool is_held_out(size_t batch, double share) {
  const auto reached = [&](size_t count) {
    return static_cast<int64_t>(share * static_cast<double>(count) + 1e-9);
  };
  return reached(batch + 1) > reached(batch);
}

/// Whether any of the batches is.
inline bool holds_any_out(int64_t batches, double share) {
  return share * static_cast<double>(batches) + 1e-9 >= 1;
}

}  // namespace actsparse
