#pragma once
// What became of each mask's channels, in words.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compact/analysis.h"
#include "compact/rewrite.h"
#include "compact/solution.h"

namespace actsparse {

/// A layer with a mask: a multiplication by a constant that has zeros.
struct MaskedChannels {
  std::string layer;     ///< FQN; of a constant without a name the operator's place
  int64_t total = 0;     ///< channels of the layer's input
  int64_t masked = 0;    ///< that the mask sets to 0 as a whole
  int64_t removed = 0;   ///< of these, not there any more
  int64_t gathered = 0;  ///< masked ones that are there, but that the layer does not read any more
  int64_t lost = 0;      ///< not masked here, but removed as nothing needs them
  std::vector<std::pair<int64_t, std::string>>
      kept;  ///< masked ones that are still there, by the first cause; most first
};

/// One entry per mask, in the order of the graph. Call it before the graph is rewritten.
std::vector<MaskedChannels> explain(const FlatModel& model, const Findings& findings,
                                    const Solution& solution);

/// Notes which masks' layers pick their channels: after the rewriting.
void note_gathered(const FlatModel& model, const Rewrite& rewrite,
                   std::vector<MaskedChannels>& masks);

/// How a node is named to people: its layer's FQN if its weight has one, else its operator and the
/// module it stands in.
std::string node_name(const FlatModel& model, const torch::jit::Node& node);

}  // namespace actsparse
