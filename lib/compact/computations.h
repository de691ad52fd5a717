#pragma once
// What constants of a graph are computed from: a weight from weight_g and weight_v, a table from
// numbers.
#include <torch/csrc/jit/ir/ir.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compact/tensor_memory.h"
#include "compact/tensor_name.h"

namespace actsparse {

/// Keeps the computations whose results it has put in their place, in a graph of its own. Its
/// constants are what they start from; those that are tensors of the model have names.
class Computations {
 public:
  using NameOf = std::function<const TensorName*(const torch::jit::Value& constant)>;

  /// Replaces what `graph` computes from constants alone by constants. `name_of`: of
  /// the graph's constants, null for those that are no tensors of the model.
  void fold(const std::shared_ptr<torch::jit::Graph>& graph, const NameOf& name_of);

  /// To be called when `by` takes the place of the constant `old` as an operator's input `name`.
  void replaced(const at::Tensor& old, const at::Tensor& by, const std::string& name);

  /// What gave a constant tensor; null if nothing that was folded did.
  torch::jit::Value* of(const at::Tensor& constant) const;
  /// Null if the value is no tensor of the model.
  const TensorName* name_of(const torch::jit::Value& start) const;
  /// The tensors of the model that a constant was computed from, as they are now: of one that has
  /// been replaced, what it could be computed from again. Empty if it is none's, or that is not
  /// known.
  std::vector<ModelTensor> sources_of(const at::Tensor& constant) const;

  /// Of a constant that has been replaced.
  struct Replaced {
    torch::jit::Value* computation;  ///< that gave the one before
    std::string name;                ///< what it is to its operator: "weight"
    at::Tensor now;
  };
  /// Null if it was not computed.
  const Replaced* replacement(const at::Tensor& constant) const;
  /// The tensors of the model that a replaced constant's computation started from.
  std::vector<TensorName> former_sources(const at::Tensor& constant) const;
  /// The parameter that may hold a replaced constant instead of its sources, in the module that has
  /// all of these (a parametrization's own modules apart). Nothing if sources_of() knows a way, or
  /// if there are none.
  std::optional<TensorName> own_name(const at::Tensor& constant) const;

 private:
  class Folding;
  std::vector<const torch::jit::Value*> starts_of(const torch::jit::Value& computed) const;

  std::shared_ptr<torch::jit::Graph> graph_ = std::make_shared<torch::jit::Graph>();
  std::map<TensorPlace, torch::jit::Value*> results_;
  std::vector<at::Tensor> alive_;  // so that no other tensor gets the place of one
  std::map<const torch::jit::Value*, TensorName> names_;  // of the graph's constants
  std::map<TensorPlace, Replaced> replaced_;
};

}  // namespace actsparse
