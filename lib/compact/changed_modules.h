#pragma once
// What was changed in a model's flat graph, changed in its modules: tensors are sliced in place.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compact/analysis.h"
#include "compact/flat_model.h"
#include "compact/numbered_model.h"
#include "compact/rewrite.h"

namespace actsparse {

using Changes = std::vector<std::pair<torch::jit::Node*, Change>>;

/// Nodes of the flat graph whose changes the modules cannot have, and why: code that is run several
/// times, with other changes; a tensor that is sliced in several ways. Empty: they can.
/// `nodes`: the flat graph's, before it was changed.
PinnedNodes conflicts(const NumberedModel& model, const FlatModel& flat,
                      const std::vector<torch::jit::Node*>& nodes, const Changes& changes);

/// The modules with the changes, which have no conflicts. Masks that nothing reads any more are
/// gone. `model` is used up.
torch::jit::Module change_modules(NumberedModel& model, const FlatModel& flat,
                                  const Changes& changes);

}  // namespace actsparse
