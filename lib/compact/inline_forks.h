#pragma once
// One graph runs on one thread: code that the model forks runs where it is forked.
#include <torch/csrc/jit/ir/ir.h>

namespace actsparse {

/// Inlines all calls of methods and functions, those in forked code included, and puts the code of
/// each torch.jit.fork in its place. A future becomes the value that it holds, also in lists,
/// tuples and dictionaries, and waiting for it does nothing. Throws Error(Model) if the graph
/// returns a future.
void inline_calls_and_forks(torch::jit::Graph& graph);

}  // namespace actsparse
