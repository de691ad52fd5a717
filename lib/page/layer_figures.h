#pragma once
// What a page draws of a layer beside a report's numbers. It comes from the state: plain data.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace actsparse {

/// The channels of a layer's mask, in cells of neighbours.
struct ChannelMap {
  int64_t channels = 0;      ///< at least as many as cells
  bool are_channels = true;  ///< else the mask has one channel, and these are its elements
  std::vector<double> kept;  ///< of each cell the share that the mask keeps
};

/// How large the numbers are that entered a layer.
struct ActivationHistogram {
  double end = 0;                     ///< bins are equal parts of [0, end)
  std::vector<double> kept, dropped;  ///< of each bin, as shares of all numbers
  double beyond = 0;                  ///< share of the numbers from `end` on
  std::optional<double> cut;          ///< what is smaller is dropped; nothing: not known
  bool is_cut_of_channels = false;    ///< the cut is between scores of channels, not numbers
  bool is_weighted = false;           ///< each number is multiplied with its channel's factor
};

struct LayerFigures {
  std::string layer;
  std::optional<ChannelMap> map;  ///< nothing before a step, and where the gate is no mask
  std::optional<ActivationHistogram> histogram;  ///< where aggregate_fn is one
};

}  // namespace actsparse
