#pragma once
// Tells people what became of each mask's channels, and why some stay.
#include <string>
#include <vector>

#include "compact/analysis.h"
#include "compact/masked_channels.h"
#include "compact/rewrite.h"
#include "compact/solution.h"

namespace actsparse {

/// One entry per mask, in the order of the graph, which must not have been rewritten yet.
std::vector<MaskedChannels> explain(const FlatModel& model, const Findings& findings,
                                    const Solution& solution);

/// Fills in `gathered` of those masks whose layers read a subset by index_select. Call it after the
/// rewriting.
void note_gathered(const FlatModel& model, const Rewrite& rewrite,
                   std::vector<MaskedChannels>& masks);

/// How a node is named to people: its layer's FQN if its weight has one, else its operator and the
/// module it stands in.
std::string node_name(const FlatModel& model, const torch::jit::Node& node);

/// The same where the operator is the reason: always with the operator's name.
std::string operator_name(const FlatModel& model, const torch::jit::Node& node);

/// Why channels are kept, in words.
std::string cause_text(const FlatModel& model, const Cause& cause);

}  // namespace actsparse
