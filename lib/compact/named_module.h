#pragma once
// Makes a module of a flat graph: named constants become its parameters and buffers again.
#include "compact/flat_model.h"

namespace actsparse {

/// A module whose one method is `model`'s graph and whose parameters and buffers have the names
/// they had: submodules hold them but have no methods of their own. Constant tensors without a name
/// become buffers "constant", "constant_1", ... of the root; so all move with to(). Of the other
/// attributes those stay that the graph reads or writes. Changes the graph.
torch::jit::Module named_module(FlatModel& model);

}  // namespace actsparse
