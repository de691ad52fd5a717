#pragma once
// Two equal submodules of a TorchScript model share one ClassType: editing one's graph edits all of
// them. This makes the copy in which the layers we edit have types of their own.
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace actsparse {

/// A clone of `model` in which every layer in `layers` (FQNs), and every module from which one can
/// be reached, has a ClassType of its own, in a fresh CompilationUnit, as have modules whose
/// methods take such a module as an argument; an instance that stands under several names stays one
/// instance. Parameters are shared with `model`; buffers and other
/// attributes are copied, so that a forward that writes its own attributes leaves `model` as it
/// was. Throws Error(Model) for a name that does not exist.
torch::jit::Module clone_with_own_types(const torch::jit::Module& model,
                                        const std::vector<std::string>& layers);

}  // namespace actsparse
