#pragma once
// The sparsifier's state as plain data: what state_dict() returns and a state file holds.
#include <ATen/core/ivalue.h>

#include <optional>
#include <vector>

#include "config/config.h"
#include "record/gate.h"
#include "record/run.h"
#include "record/statistics.h"

namespace actsparse {

/// What a forward of the layer does: feed the aggregate, multiply by the mask, or nothing special.
enum class HookState { Aggregate, Sparsify, None };
const char* to_string(HookState state);

/// Everything known of one registered layer. While it aggregates, its accumulators hold raw data,
/// which a step drops.
struct LayerRecord : LayerStatistics {
  MergedSettings settings;
  HookState hook_state = HookState::Aggregate;
  std::optional<Gate> gate;  ///< set by step()
};

struct StateDict {
  MergedSettings defaults;
  std::vector<LayerRecord> layers;  ///< in registration order
  StateMeta meta;
};

/// The document of docs/files.md: {"state", "data_groups", "defaults", "meta"} of untyped dicts
/// and lists; masks as the parts of sparse COO tensors. Nothing in it is shared with `state` but
/// immutable data tensors.
c10::IValue to_ivalue(const StateDict& state);

/// Throws Error(State): not a state, a newer format_version, or a part that is missing or of the
/// wrong type.
StateDict state_from_ivalue(const c10::IValue& document);

}  // namespace actsparse
