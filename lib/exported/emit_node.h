#pragma once
#include <torch/csrc/jit/ir/ir.h>

#include <functional>

#include "exported/program.h"

namespace actsparse::exported {

/// Where nodes are emitted.
struct Scope {
  torch::jit::Graph& graph;                                            ///< at its insertion point
  std::function<torch::jit::Value*(const std::string&)> value;         ///< of that name
  std::function<void(const std::string&, torch::jit::Value*)> define;  ///< under that name
  /// Of the tensor of that name; nothing: not told.
  std::function<std::optional<c10::ScalarType>(const std::string&)> dtype;
  /// Nothing is written to: a view may be a copy, where strides here are others than in the export.
  bool may_copy = false;
};

/// Emits `node` as the operator of exactly its overload, or as what stands for one that this
/// LibTorch lacks (replacements.h). Throws std::runtime_error with one line that names the operator
/// if there is neither.
void emit_node(const ProgramNode& node, const Scope& scope);

/// `argument` as a value of `type`.
torch::jit::Value* emit_argument(const Argument& argument, const c10::TypePtr& type,
                                 const Scope& scope);

}  // namespace actsparse::exported
