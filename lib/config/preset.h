#pragma once
// Settings that go together, under one name.
#include <nlohmann/json.hpp>

#include "config/json_node.h"

namespace actsparse {

/// Writes what the config's "preset" stands for into `config`, below what it gives itself: the
/// three functions and what belongs to them into `defaults`, and `layers` if there are none. A
/// config with neither `defaults` nor `layers` has the preset "channels". Nothing of "preset" is
/// left. Throws Error(Config) for an unknown one.
void apply_preset(nlohmann::json& config, const JsonSource& source);

/// What the preset "channels" puts into `defaults`, and the types of the layers that it selects.
const nlohmann::json& channels_defaults();
const Names& weighted_types();

}  // namespace actsparse
