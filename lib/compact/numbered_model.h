#pragma once
// A model whose nodes can be found again after all calls have been inlined.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <optional>
#include <vector>

namespace actsparse {

struct NumberedModel {
  struct Origin {
    torch::jit::Node* node;
    torch::jit::Module self;  ///< whose method it stands in
  };
  torch::jit::Module module;
  std::vector<Origin> origins;  ///< by number
};

/// A copy of `model` in which every module has a type of its own, functions (not methods) are
/// inlined, and every node of a method but constants has a number, an attribute that its copies
/// keep.
NumberedModel number_nodes(const torch::jit::Module& model);

/// Nothing for a node that a pass has made.
std::optional<size_t> number_of(const torch::jit::Node& node);
void set_number(torch::jit::Node& node, size_t number);

/// The model without the numbers, in functions that have not run: LibTorch runs and inlines what it
/// has kept of a graph from before it was changed.
torch::jit::Module without_numbers(const NumberedModel& model);

}  // namespace actsparse
