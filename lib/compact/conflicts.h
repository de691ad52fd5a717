#pragma once
// Changes of the flat graph that shared module code cannot express: a method that is called twice
// stands twice in the flat graph, but is one piece of code in its module.
#include <utility>
#include <vector>

#include "compact/analysis.h"
#include "compact/change.h"
#include "compact/flat_model.h"
#include "compact/numbered_model.h"

namespace actsparse {

using Changes = std::vector<std::pair<torch::jit::Node*, Change>>;

/// The module's tensor that a change replaces, by name; null if the change is one of the code.
const TensorName* changed_tensor(const FlatModel& flat, const torch::jit::Node& node,
                                 const Change& change);

/// Nodes of the flat graph whose changes the modules cannot express, and why: their code runs
/// several times and would have to differ, or their tensor is read several times and would have to
/// be sliced in different ways. Empty: all changes can be made. `nodes`: those of the flat graph
/// before it was changed.
PinnedNodes conflicts(const NumberedModel& model, const FlatModel& flat,
                      const std::vector<torch::jit::Node*>& nodes, const Changes& changes);

}  // namespace actsparse
