#pragma once
// A model as one graph without calls, whose parameters and buffers are constants with names.
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "compact/computations.h"
#include "compact/tensor_name.h"

namespace actsparse {

struct FlatModel {
  torch::jit::Module module;  ///< in eval mode; its root has a type of its own
  std::string method;
  std::shared_ptr<torch::jit::Graph> graph;  ///< the method's: the module, then the arguments

  /// What constants without a name were computed from.
  std::shared_ptr<Computations> computations = std::make_shared<Computations>();

  /// Of a constant of the graph; null if it has none.
  const TensorName* name_of(const torch::jit::Value& constant) const;
  void set_name(const torch::jit::Value& constant, const TensorName& name);

 private:
  // By the values' numbers: a graph gives none twice, but memory of one that is gone is used again.
  std::unordered_map<size_t, TensorName> names_;
};

/// "layer1.0.conv1" and "weight" of "layer1.0.conv1.weight".
std::pair<std::string, std::string> owner_and_name(const std::string& path);

/// Whether a constant of the graph is a mask: a buffer that apply_masks() made.
bool is_mask(const FlatModel& model, const torch::jit::Value* constant);

/// The parameter or buffer at a path. Throws Error(Model) if there is no such module.
at::Tensor tensor_at(const torch::jit::Module& model, const std::string& path);

/// `model` in eval mode with all calls inlined, branches on constants decided, and in-place
/// operators replaced where LibTorch can show that nobody sees the difference. Attributes that the
/// model itself writes stay attributes. Unlike freeze_module it joins no equal constants, so each
/// keeps its name. `model` is left untouched. Throws Error(Model) if calls remain.
FlatModel flatten(const torch::jit::Module& model, const std::string& method);

/// The FQN of what a chain of attribute accesses from the graph's first input reads; "" is the
/// module itself, nothing if it is no such chain of modules.
std::optional<std::string> attribute_path(const torch::jit::Value* value);

}  // namespace actsparse
