#pragma once
// A flat graph without its masks, or with those of some layers only.
#include <map>
#include <memory>
#include <set>
#include <string>

#include "compact/flat_model.h"

namespace actsparse {

class UnmaskedGraph {
 public:
  /// A copy of the model's graph in which nobody reads products with the masks of other layers than
  /// `still_masked`.
  explicit UnmaskedGraph(const FlatModel& masked, const std::set<std::string>& still_masked = {});

  /// What stands here for a node or a value of the model's graph: for what is masked no longer,
  /// what it was made of.
  torch::jit::Node* twin(const torch::jit::Node* node) const { return twins_.at(node); }
  torch::jit::Value* twin(const torch::jit::Value* value) const;
  /// The reverse, of a value that is there in both.
  torch::jit::Value* original(const torch::jit::Value* value) const;

  std::shared_ptr<torch::jit::Graph> graph;

 private:
  std::map<const torch::jit::Node*, torch::jit::Node*> twins_, originals_;
  std::map<const torch::jit::Value*, torch::jit::Value*> others_;  // inputs, and what was masked
  std::map<const torch::jit::Value*, torch::jit::Value*> inputs_;  // of the model's graph
};

/// The layer whose mask a node multiplies by; nothing if it is no such product.
std::optional<std::string> masked_layer(const FlatModel& model, const torch::jit::Node& node);

}  // namespace actsparse
