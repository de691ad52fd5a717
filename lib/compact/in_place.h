#pragma once
// Operators that write in place: analyses want none, but new memory for each activation takes time.
#include <torch/csrc/jit/ir/ir.h>

#include <memory>

namespace actsparse {

/// Replaces them where LibTorch can show that nobody sees the difference. What replaces one has its
/// number (numbered_model.h): in the modules it still writes in place.
void remove_in_place(const std::shared_ptr<torch::jit::Graph>& graph);

/// Whether a node replaces one.
bool was_in_place(const torch::jit::Node& node);

/// Whether what was written is read under the name that it had before, too.
bool is_read_elsewhere(const torch::jit::Node& node);

/// Whether a value is new memory that one node reads alone: that node may write to it.
bool is_private(const torch::jit::Value& value);

/// Puts those back that were replaced, where nothing else reads what they write.
void restore_in_place(torch::jit::Graph& graph);

}  // namespace actsparse
