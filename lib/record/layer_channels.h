#pragma once
#include <cstdint>
#include <vector>

namespace actsparse {

/// The channels that enter one layer, by numbers that mean the same for all layers of one
/// channel_groups() (compact/channel_groups.h).
struct LayerChannels {
  int64_t axis = 0;   ///< of the layer's input that holds them, not negative
  int64_t value = 0;  ///< which value the layer reads: equal for layers that read the same
  /// Of each channel: channels with one class number, here and in other layers, can only be removed
  /// together.
  std::vector<int64_t> classes;
  /// Of each channel: the ranking set, within which classes are compared to choose those to drop.
  /// It is one producer's channels, or those of all producers whose channels are tied.
  std::vector<int64_t> sets;
};

}  // namespace actsparse
