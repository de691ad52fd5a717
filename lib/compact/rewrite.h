#pragma once
// Carries out the changes that rules ask for once it is known which channels are kept.
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compact/change.h"
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

  // Each makes a change (compact/change.h) and notes it. A tensor that replaces one keeps its name.
  void set(torch::jit::Node& node, size_t input, const c10::IValue& value);
  /// The list must be one that has_elements() is true of.
  void set_element(torch::jit::Node& node, size_t input, size_t element, const c10::IValue& value);
  void replace_elements(torch::jit::Node& node, const std::map<size_t, int64_t>& elements);
  void replace_output(torch::jit::Node& node, const c10::IValue& constant);
  void index_select(torch::jit::Node& node, size_t input, int64_t axis, const at::Tensor& index);
  void split_with_sizes(torch::jit::Node& node, const std::vector<int64_t>& sizes, int64_t axis);
  void bypass(torch::jit::Node& node, size_t input);

  /// All that were made, in their order. Nodes that nothing reads any more are still in the graph.
  const std::vector<std::pair<torch::jit::Node*, Change>>& changes() const { return changes_; }

 private:
  void make(torch::jit::Node& node, Change change);
  void note_replaced(const torch::jit::Value& old, const at::Tensor& by, const std::string& name);
  int64_t length(const torch::jit::Value& list) const;

  FlatModel& model_;
  const Trace& trace_;
  const Solution& solution_;
  std::vector<std::pair<torch::jit::Node*, Change>> changes_;
};

/// The rows of `tensor` along `axis` that `index` names; all if it is undefined.
at::Tensor sliced(const at::Tensor& tensor, int64_t axis, const at::Tensor& index);

/// The positions of the indices `picked` in a tensor that holds only the indices `present` of the
/// original. Both ascending, as kept() gives them; `present` undefined: it holds all.
at::Tensor places_among(const at::Tensor& picked, const at::Tensor& present);

}  // namespace actsparse
