#pragma once
// What a model writes into itself when it runs: buffers, counters, flags.
#include <torch/csrc/jit/api/module.h>

#include "record/run.h"

namespace actsparse {

/// The attributes of `clone` (no parameters, no modules) that `original` has too, with another
/// value; tensors are shared with the clone. Those that are neither tensors, numbers, strings nor
/// None are left out.
Attributes changed_attributes(const torch::jit::Module& clone, const torch::jit::Module& original);

/// Sets them in `clone`; tensors are copied. Throws Error(State) for one that does not fit.
void set_attributes(const torch::jit::Module& clone, const Attributes& attributes);

}  // namespace actsparse
