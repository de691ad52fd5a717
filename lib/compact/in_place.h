#pragma once
// Functionalises in-place operators for the analysis, which follows values and not memory, and puts
// them back afterwards: new memory for each activation takes time.
#include <torch/csrc/jit/ir/ir.h>

#include <memory>

namespace actsparse {

/// Replaces relu_ by relu and so on, where LibTorch can show that no other reader sees the
/// difference. The replacement keeps the node's number (numbered_model.h), so that its changes
/// reach the modules' code, where the operator still writes in place.
void remove_in_place(const std::shared_ptr<torch::jit::Graph>& graph);

/// Whether a node is the replacement of an in-place operator.
bool was_in_place(const torch::jit::Node& node);

/// Whether the operator that a node replaces wrote to a value that later nodes read under its old
/// name too, as in `x.relu_(); f(x)`.
bool is_read_elsewhere(const torch::jit::Node& node);

/// Whether a value is memory of its own that only one node reads: that node may write to it.
bool is_private(const torch::jit::Value& value);

/// Puts the in-place operators back where is_private() is true of what they write.
void restore_in_place(torch::jit::Graph& graph);

}  // namespace actsparse
