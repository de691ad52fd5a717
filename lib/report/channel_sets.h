#pragma once
// Which channels of a model belong together, for people and programs: what inspect --groups prints.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "compact/channel_groups.h"
#include "report/table.h"

namespace actsparse {

/// Channels that are ranked against each other.
struct ChannelSet {
  struct Reader {
    std::string layer;
    int64_t channels = 0;  ///< of the set, among those that enter the layer
  };
  int64_t classes = 0;  ///< decisions: channels of one class go together
  int64_t largest = 0;  ///< most channels of one class in one reader; 1: each decides for itself
  std::vector<Reader> readers;
  /// Classes that stay whatever the layers mask: (count, cause), largest count first.
  std::vector<std::pair<int64_t, std::string>> kept;

  int64_t removable() const;  ///< the other classes
};

struct ChannelSets {
  std::string model;
  std::vector<ChannelSet> sets;  ///< in the order in which layers read them
  std::vector<std::string> warnings;
};

/// `groups` are those of `layers`, in their order. A layer whose channels are not known is in no
/// set; a warning tells of it.
ChannelSets channel_sets(const std::vector<std::string>& layers,
                         const std::vector<LayerGroups>& groups);

nlohmann::ordered_json to_json(const ChannelSets& sets);
Rows rows(const ChannelSets& sets);

}  // namespace actsparse
