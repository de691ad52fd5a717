#pragma once
// The arguments of one node of the graph, by the names that its operator's schema gives them.
#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

#include <string>

namespace actsparse {

/// A rule throws it for a node that it cannot say anything of: then all that the node reads is
/// kept.
struct NotUnderstood {
  std::string reason;  ///< for the report: "its weight is not constant"
};

/// Refers to the graph alone, which outlives the analysis: a copy may be kept for later.
struct Arguments {
  torch::jit::Node& node;

  explicit Arguments(torch::jit::Node& described) : node(described) {}

  static void require(bool condition, const char* reason) {
    if (!condition) throw NotUnderstood{reason};
  }
  /// The place of an argument of the operator's schema. Throws NotUnderstood if it has none.
  size_t input(const char* argument) const;
  /// The tensor that the graph holds as this input. Throws NotUnderstood if it is computed.
  at::Tensor constant(size_t input) const;
  /// The same; undefined if the input is None.
  at::Tensor optional_constant(size_t input) const;
};

}  // namespace actsparse
