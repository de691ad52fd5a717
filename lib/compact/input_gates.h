#pragma once
// Gates that look at their input: what is 0 behind them changes with it, so that no channel can go.
#include <vector>

#include "compact/flat_model.h"
#include "compact/masked_channels.h"
#include "compact/trace.h"

namespace actsparse {

/// Whether the node is the multiplication of such a gate, which apply_masks() made.
bool is_input_gate(const FlatModel& model, torch::jit::Node& product);

/// One entry per gate, in the order of the graph, for people to read; the first batch says how many
/// channels there are.
std::vector<MaskedChannels> input_gates(const FlatModel& model, const Trace& trace);

}  // namespace actsparse
