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

/// The module's tensors that a change replaces, and what they become; empty if the change is one of
/// the code. More than one: the node's input is computed from them (weight_norm).
std::vector<ModelTensor> changed_tensors(const FlatModel& flat, const torch::jit::Node& node,
                                         const Change& change);

/// Nodes of the flat graph whose changes the modules cannot express, and why: their code runs
/// several times and would have to differ, or their tensor is read several times and would have to
/// be sliced in different ways. Empty: all changes can be made. `nodes`: those of the flat graph
/// before it was changed.
PinnedNodes conflicts(const NumberedModel& model, const FlatModel& flat,
                      const std::vector<torch::jit::Node*>& nodes, const Changes& changes);

/// Nodes whose changes make two tensors of what was one in the model, and why: its memory is read
/// several times, under one name or under those of several layers (tied weights, views), and is to
/// be sliced in different ways. Empty: what was one tensor still is.
PinnedNodes split_tensors(const FlatModel& flat, const Changes& changes);

}  // namespace actsparse
