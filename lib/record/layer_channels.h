#pragma once
#include <cstdint>
#include <vector>

namespace actsparse {

/// The channels that enter a layer, and which of them belong together. Numbers mean the same in all
/// layers of one channel_groups() (compact/channel_groups.h).
struct LayerChannels {
  int64_t axis = 0;              ///< of the layer's input, not negative
  int64_t value = 0;             ///< which value of the model's graph the layer reads
  std::vector<int64_t> classes;  ///< of each channel: those of one class can only go together
  std::vector<int64_t> sets;     ///< of each channel: classes of one set are ranked against each
                                 ///< other; a set is one producer's channels, or those of all
                                 ///< producers that are tied to each other (by a sum, say)
};

}  // namespace actsparse
