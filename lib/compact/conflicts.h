#pragma once
// Changes of a model's flat graph that its modules cannot have.
#include <utility>
#include <vector>

#include "compact/analysis.h"
#include "compact/change.h"
#include "compact/flat_model.h"
#include "compact/numbered_model.h"

namespace actsparse {

using Changes = std::vector<std::pair<torch::jit::Node*, Change>>;

/// The named tensor that a change replaces: it is sliced in its module. Null if the change is made
/// in the code.
const TensorName* changed_tensor(const FlatModel& flat, const torch::jit::Node& node,
                                 const Change& change);

/// Nodes of the flat graph whose changes the modules cannot have, and why: code that is run several
/// times, with other changes; a tensor that is sliced in several ways. Empty: they can.
/// `nodes`: the flat graph's, before it was changed.
PinnedNodes conflicts(const NumberedModel& model, const FlatModel& flat,
                      const std::vector<torch::jit::Node*>& nodes, const Changes& changes);

}  // namespace actsparse
