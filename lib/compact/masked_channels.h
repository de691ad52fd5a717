#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace actsparse {

/// What became of the channels of one mask: a multiplication by a constant that has zeros, before a
/// layer.
struct MaskedChannels {
  std::string layer;     ///< FQN; "(constant)" for a mask that is no tensor of a module
  int64_t total = 0;     ///< channels of the layer's input
  int64_t masked = 0;    ///< that the mask sets to 0 as a whole
  int64_t removed = 0;   ///< masked ones that the small model does not have
  int64_t gathered = 0;  ///< masked ones that it has, but that this layer does not read: it reads
                         ///< a subset, picked by index_select
  int64_t lost = 0;      ///< not masked here, but removed as nothing needs them
  /// Masked ones that the small model still has: (count, first cause), largest count first.
  std::vector<std::pair<int64_t, std::string>> kept;
  /// Its gate is no mask but looks at its input: nothing is removed for it.
  bool looks_at_input = false;
};

}  // namespace actsparse
