#pragma once
#include <torch/csrc/jit/ir/ir.h>

#include "exported/program.h"

namespace actsparse::exported {

/// The type of what `tree` holds, its leaves' types taken from `leaves` from `next` on, which
/// moves on. Lists and dicts of one type are TorchScript's, others become tuples.
c10::TypePtr type_of(const Tree& tree, const std::vector<c10::TypePtr>& leaves, size_t& next);

/// Emits what takes `value`, of type_of(`tree`), apart; appends its leaves to `leaves`.
void take_apart(torch::jit::Graph& graph, torch::jit::Value* value, const Tree& tree,
                std::vector<torch::jit::Value*>& leaves);

/// Emits what puts `leaves`, from `next` on, together to what `tree` says.
torch::jit::Value* put_together(torch::jit::Graph& graph, const Tree& tree,
                                const std::vector<torch::jit::Value*>& leaves, size_t& next);

}  // namespace actsparse::exported
