#pragma once
#include <vector>

#include "model/layer_tree.h"
#include "model/session.h"

namespace actsparse {

/// list_layers(), each layer with where functions use its weight, and, behind the layer that has
/// the parameter, the functional uses of parameters that are no layer's `weight`. These are named
/// as find_owner() takes them, have a type like "Linear (functional)", and the module of the owner.
std::vector<Layer> registrable_layers(const Session& session);

}  // namespace actsparse
