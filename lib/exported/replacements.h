#pragma once
#include <optional>
#include <vector>

#include "exported/emit_node.h"

namespace actsparse::exported {

/// What `node`, an operator that this LibTorch lacks, gives, made of older operators; nothing if it
/// is none of those that are known: scaled_dot_product_attention (PyTorch's math form, safe where a
/// row is masked as a whole), squeeze.dims, the functional batch norms of inference.
std::optional<std::vector<torch::jit::Value*>> emit_replacement(const ProgramNode& node,
                                                                const Scope& scope);

}  // namespace actsparse::exported
