#pragma once
#include <optional>
#include <vector>

#include "exported/emit_node.h"

namespace actsparse::exported {

/// What `node` gives, made of other operators; nothing if it is none of those that are known: those
/// that this LibTorch may lack (scaled_dot_product_attention in PyTorch's math form, safe where a
/// row is masked as a whole; squeeze.dims, rms_norm).
std::optional<std::vector<torch::jit::Value*>> emit_replacement(const ProgramNode& node,
                                                                const Scope& scope);

/// The same for what decomposed programs say in place of the model's own operators (norms of
/// inference, softmax, _unsafe_view): the same kernels by the names that all else knows. Results
/// that only training reads are not among them.
std::optional<std::vector<torch::jit::Value*>> emit_composed(const ProgramNode& node,
                                                             const Scope& scope);

}  // namespace actsparse::exported
