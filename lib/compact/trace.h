#pragma once
// What the values of a graph are when it runs (sizes of tensors, numbers), and which of them depend
// on the input's size.
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include <unordered_map>
#include <vector>

#include "compact/flat_model.h"

namespace actsparse {

/// The values of one or more runs. Tensors are meta tensors: they have sizes and a dtype only.
class Trace {
 public:
  using Values = std::unordered_map<const torch::jit::Value*, c10::IValue>;
  /// At least one run. value() and sizes() tell of the first; the others, of batches of other
  /// sizes, show what changes.
  explicit Trace(std::vector<Values> runs) : runs_(std::move(runs)) {}

  /// Null if the value was not computed.
  const c10::IValue* value(const torch::jit::Value* value) const;
  /// Of a tensor in the first run; empty if the value is none, or was not computed.
  at::IntArrayRef sizes(const torch::jit::Value* value) const;
  /// Whether it is the same in all runs; of tensors and their lists, the sizes.
  bool is_static(const torch::jit::Value* value) const;
  /// Whether element `element` of it (0 for a tensor) has the same size along `axis` in all runs.
  bool is_static(const torch::jit::Value* value, int64_t axis, size_t element = 0) const;
  /// Whether its size along `axis` is a multiple of `count` in all runs.
  bool is_multiple(const torch::jit::Value* value, int64_t axis, int64_t count,
                   size_t element = 0) const;

 private:
  std::vector<int64_t> sizes_along(const torch::jit::Value* value, int64_t axis,
                                   size_t element) const;
  std::vector<Values> runs_;
};

/// Runs the graph, without autograd and optimizations; `model` is left untouched. Batches after the
/// first that the model does not take are left out. Throws Error(Data) if it does not take the
/// first.
Trace trace(FlatModel& model, const std::vector<std::vector<c10::IValue>>& batches);

}  // namespace actsparse
