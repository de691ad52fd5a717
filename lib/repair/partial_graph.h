#pragma once
// A part of a graph that runs on its own: from values that are known to values that are wanted.
#include <torch/csrc/jit/runtime/interpreter.h>

#include <memory>
#include <set>
#include <vector>

#include "compact/nodes.h"

namespace actsparse {

using Values = std::vector<torch::jit::Value*>;
Values joined(Values first, const Values& second);

class PartialGraph {
 public:
  /// What of the nodes of a graph is needed to compute `wanted`, where `known` are given; all are
  /// values of the graph's own block, not of blocks inside. Throws Error(Internal) if `wanted` are
  /// not computed from `known` and constants.
  PartialGraph(const Values& known, const Values& wanted);

  /// Whether one of `nodes` is run.
  bool has(const std::set<const torch::jit::Node*>& nodes) const;

  /// `known` in their order, to `wanted` in theirs; with autograd, if it is on. Throws Error(Data)
  /// with what an operator throws.
  std::vector<c10::IValue> run(std::vector<c10::IValue> known) const;

 private:
  std::shared_ptr<torch::jit::Graph> graph_ = std::make_shared<torch::jit::Graph>();
  std::set<const torch::jit::Node*> nodes_;
  std::unique_ptr<torch::jit::Code> code_;
};

/// Whether a graph writes to values or attributes: then its order counts.
bool has_writes(torch::jit::Graph& graph);

/// What is computed before a node of the graph's own block and read from there on. Constants are
/// made where they are read.
Values alive_before(torch::jit::Graph& graph, torch::jit::Node& node);

}  // namespace actsparse
