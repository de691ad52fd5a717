#pragma once
// PyTorch's attention and its encoder layers have a fast path: without autograd they call one
// operator for all they do, in which no layer is called and no channel can be followed. The slow
// path computes the same by ordinary operators.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

namespace actsparse {

/// Whether a method of the model or of a submodule has such an operator.
bool has_fast_path(const torch::jit::Module& model);

/// Whether one of the module's own methods has.
bool has_own_fast_path(const torch::jit::Module& module);

/// Makes the methods of `clone` and of its submodules take the slow path: a branch that holds the
/// operator is never taken any more; an operator in the open, as the tracer writes it, becomes
/// what it computes. Outputs differ by rounding. The code of all instances of a class changes, and
/// it must not have run yet: hand in a clone with types of its own. An operator on nested tensors
/// stays.
void take_slow_path(const torch::jit::Module& clone);

/// A clone of `model` in which every module has a type of its own (own_types.h), and takes the slow
/// path.
torch::jit::Module slow_clone(const torch::jit::Module& model);

}  // namespace actsparse
