#pragma once
// A graph without calls of methods and functions.
#include <torch/csrc/jit/ir/ir.h>

namespace actsparse {

/// Puts the graphs of the methods and functions that `graph` calls in place of the calls, however
/// deep they go and whether or not they have run before. Calls through an interface stay, as do
/// those in forked subgraphs.
void inline_calls(torch::jit::Graph& graph);

}  // namespace actsparse
