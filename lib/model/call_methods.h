#pragma once
// Which methods of a layer are calls of it, and which of their values is the observed and masked
// input.
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>
#include <vector>

#include "record/site.h"

namespace actsparse {

/// True for "forward", the overloads "forward__N" and the tracer's "forwardN": all are calls of a
/// layer.
bool is_call_method(const std::string& name);

/// Whether `layer` has a call method at all. A container has none, nor has a layer that its parent
/// inlined or that the tracer never saw called.
bool has_call_method(const torch::jit::Module& layer);

/// One way to enter a layer: its method's graph (shared, so it can be edited) and the tensor that
/// enters.
struct CallMethod {
  std::string name;
  std::shared_ptr<torch::jit::Graph> graph;
  torch::jit::Value* input;
};

/// All call methods of `layer`, a submodule of `model` (for the root also `method`, the one that is
/// run), whose argument can be observed. Throws Error(Model) naming the layer, its arguments and
/// their types, if there is none, or one that `model` calls has no such argument or a non-tensor
/// there.
std::vector<CallMethod> call_methods(const torch::jit::Module& model,
                                     const torch::jit::Module& layer, const Site& site,
                                     const std::string& method);

}  // namespace actsparse
