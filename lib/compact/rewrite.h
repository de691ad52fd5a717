#pragma once
// The changes that rules make to the graph when it is known which channels are kept.
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <vector>

#include "compact/channels.h"
#include "compact/flat_model.h"
#include "compact/solution.h"
#include "compact/trace.h"

namespace actsparse {

class Rewrite {
 public:
  Rewrite(FlatModel& model, const Trace& trace, const Solution& solution)
      : model_(model), trace_(trace), solution_(solution) {}

  /// The indices along `axis` that are kept, int64; undefined if all are.
  at::Tensor kept(const Channels& channels, int64_t axis) const;
  /// How many these are.
  int64_t kept_count(const Channels& channels, int64_t axis) const;

  /// Makes an input of a node another constant; a tensor keeps its name.
  void set(torch::jit::Node& node, size_t input, const c10::IValue& value);
  /// Makes one element of a list that is an input another constant.
  void set_element(torch::jit::Node& node, size_t input, size_t element, const c10::IValue& value);
  /// Whether set_element works on a list: it is made of elements, constant, or all sizes of a
  /// tensor.
  static bool has_elements(const torch::jit::Value& list);
  /// Makes all that reads the list read one in which these elements are constants.
  void replace_elements(torch::jit::Value& list, const std::map<size_t, int64_t>& elements);
  /// Makes all that reads `value` read a constant.
  void replace(torch::jit::Value& value, const c10::IValue& constant);
  /// Puts index_select before an input.
  void select(torch::jit::Node& node, size_t input, int64_t axis, const at::Tensor& index);
  /// Makes the node another operator with these inputs; outputs stay.
  torch::jit::Node& become(torch::jit::Node& node, c10::Symbol kind,
                           const std::vector<torch::jit::Value*>& inputs);
  torch::jit::Value* constant(torch::jit::Node& before, const c10::IValue& value);

  FlatModel& model() { return model_; }

 private:
  std::vector<torch::jit::Value*> elements(torch::jit::Value& list, torch::jit::Node& before);
  torch::jit::Value* make_list(const torch::jit::Value& like, torch::jit::Node& before,
                               const std::vector<torch::jit::Value*>& elements);
  torch::jit::Value* renewed(torch::jit::Node& before, const torch::jit::Value& old,
                             const c10::IValue& value);

  FlatModel& model_;
  const Trace& trace_;
  const Solution& solution_;
};

/// The rows of `tensor` along `axis` that `index` names; all if it is undefined.
at::Tensor sliced(const at::Tensor& tensor, int64_t axis, const at::Tensor& index);

}  // namespace actsparse
