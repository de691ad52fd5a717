#pragma once
#include <torch/csrc/jit/ir/ir.h>

#include <cstdint>

namespace actsparse {

/// %observed = actsparse::observe(%value, id), put before the node `before`; nothing reads it yet.
torch::jit::Node* insert_observe(torch::jit::Graph& graph, torch::jit::Value* value,
                                 torch::jit::Node* before, int64_t observer);

}  // namespace actsparse
