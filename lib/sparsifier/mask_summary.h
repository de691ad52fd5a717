#pragma once
// Numbers about a layer's mask, for reports.
#include <cstdint>
#include <optional>
#include <vector>

#include "sparsifier/state_dict.h"

namespace actsparse {

struct MaskSummary {
  std::vector<std::vector<int64_t>> shapes;  ///< one, or one per feature
  int64_t kept = 0;                          ///< non-zero elements, summed over features
  int64_t total = 0;                         ///< elements of the masks
  /// 1 - kept / total; 0 for an empty mask.
  double sparsity() const;
};

/// Nothing before the first step, and of a gate that looks at its input.
std::optional<MaskSummary> summarize_mask(const LayerRecord& layer);

}  // namespace actsparse
