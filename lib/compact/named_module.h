#pragma once
// Makes a module of a flat graph: named constants become its parameters and buffers again.
#include "compact/flat_model.h"

namespace actsparse {

/// A module whose one method is `model`'s graph and whose parameters and buffers have the names
/// they had: submodules hold them but have no methods of their own. What was one tensor and is the
/// same under all its names is one. Constants that were computed are computed again; if they have
/// been replaced, from sources that give the new ones, else they become parameters in place of
/// these. Other constant tensors without a name become buffers "constant", "constant_1", ... of the
/// root; so all move with to(). Of the other attributes those stay that the graph reads or writes,
/// and the parameters in them are the module's. Changes the graph.
torch::jit::Module named_module(FlatModel& model);

}  // namespace actsparse
