#pragma once
// Rewrite 3: of an observed graph only what the observers need.
#include <torch/csrc/jit/ir/ir.h>

#include <memory>

namespace actsparse {

/// `graph` is inlined and contains actsparse::observe nodes. Afterwards each of them is an
/// actsparse::watch, which sees the same tensor as often and in the same order, and what no watch
/// and no change of the model's own attributes needs is gone: the outputs (it returns an empty
/// list), the work after the last watch, and the model's own checks (raise). What remains may be
/// optimized further: a watch returns nothing and writes to nothing but that list.
void cut_after_observers(std::shared_ptr<torch::jit::Graph>& graph);

}  // namespace actsparse
