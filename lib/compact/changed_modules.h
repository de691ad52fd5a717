#pragma once
// What was changed in a model's flat graph, changed in its modules: tensors are sliced in place.
#include "compact/conflicts.h"
#include "compact/flat_model.h"
#include "compact/numbered_model.h"

namespace actsparse {

/// The modules with the changes, which have no conflicts. Masks that nothing reads any more are
/// gone. `model` is used up.
torch::jit::Module change_modules(NumberedModel& model, const FlatModel& flat,
                                  const Changes& changes);

}  // namespace actsparse
