#pragma once
// Shards of one calibration made one state.
#include <string>
#include <vector>

#include "functions/functions.h"
#include "sparsifier/state_dict.h"

namespace actsparse {

struct NamedState {
  std::string name;  ///< for messages: its file
  StateDict state;   ///< calibrated, not stepped
};

struct MergedState {
  StateDict state;
  std::vector<int64_t> missing;  ///< batches that none of them has seen, counted from 0
};

/// The first thing in which two jobs differ, so that they are not parts of one: "the model", "the
/// config"; empty if there is none. User functions are told apart by their text, not by their
/// files' names.
std::string job_difference(const StateMeta& a, const StateMeta& b);

/// The state of a calibration that ran the batches of all `states` (at least one). Streaming
/// statistics are bit for bit those of one run, whatever the order and grouping; elementwise sums
/// are added in the order of the first batches, so that they differ from one run's by rounding.
/// Throws Error(State) that names the files if two have seen a batch twice, or were calibrated with
/// another model, config, data, version or precision, or if one was stepped; Error(Function) if an
/// aggregate_fn cannot be merged.
MergedState merge_states(std::vector<NamedState> states);

/// Takes the layers that were never called, or with empty tensors only, out of the state; returns
/// them.
std::vector<LayerRecord> leave_out_uncalled(StateDict& state);

}  // namespace actsparse
