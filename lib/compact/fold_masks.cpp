#include "compact/fold_masks.h"

#include <ATen/TensorOperators.h>
#include <torch/csrc/jit/ir/constants.h>

#include "compact/folded_weight.h"
#include "compact/in_place.h"
#include "compact/nodes.h"

namespace actsparse {
namespace {

using torch::jit::Node;
using torch::jit::Value;

at::Tensor constant_tensor(const Value& value) {
  const auto found = torch::jit::toIValue(&value);
  return found && found->isTensor() ? found->toTensor() : at::Tensor();
}

struct Factor {
  size_t input;  // which is multiplied
  at::Tensor mask;
};

std::optional<Factor> factor_of(Node& node) {
  if (node.kind() != c10::aten::mul || node.inputs().size() != 2) return std::nullopt;
  for (const size_t place : {1, 0})
    if (const auto mask = constant_tensor(*node.inputs()[place]); mask.defined())
      return Factor{1 - place, mask};
  return std::nullopt;
}

// The recorded tensor of a value; undefined for values that were made since.
at::Tensor recorded(const Trace& trace, const Value& value) {
  const auto* found = trace.value(&value);
  return found != nullptr && found->isTensor() ? found->toTensor() : at::Tensor();
}

// The weight with the mask in its columns; undefined if it cannot take the mask.
at::Tensor weight_with(const at::Tensor& mask, Node& reader, int64_t rank) {
  if (!has_foldable_weight(reader)) return {};
  const auto weight = constant_tensor(*reader.inputs().at(1));
  if (!weight.defined() || weight.dim() < 2) return {};
  try {
    return folded_weight(Arguments(reader), weight, mask, rank);
  } catch (const NotUnderstood&) {
    return {};
  }
}

// The mask for the part of the product that an index_select takes; undefined if its index is not
// constant.
at::Tensor selected_mask(const Node& select, const at::Tensor& mask, int64_t rank) {
  const auto axis = torch::jit::toIValue(select.inputs()[1]);
  const auto index = constant_tensor(*select.inputs()[2]);
  if (!axis || !index.defined()) return {};
  const int64_t place = axis->toInt() - rank + mask.dim();
  return place < 0 || mask.size(place) == 1 ? mask : mask.index_select(place, index);
}

using NewWeights = std::vector<std::pair<Node*, at::Tensor>>;

// Collects all layers that read the product, also through index_select, with their new weights.
// False if anything else reads it: then the product must stay.
bool fold_into_users(const Value& product, const at::Tensor& mask, int64_t rank,
                     NewWeights& weights) {
  for (const auto& use : product.uses()) {
    if (use.offset != 0) return false;
    if (use.user->kind() == c10::aten::index_select) {
      const auto left = selected_mask(*use.user, mask, rank);
      if (!left.defined() || !fold_into_users(*use.user->output(), left, rank, weights))
        return false;
      continue;
    }
    const auto weight = weight_with(mask, *use.user, rank);
    if (!weight.defined()) return false;
    weights.emplace_back(use.user, weight);
  }
  return true;
}

// Whether a reader writes to the product in place: without the product it would write to what is
// multiplied, which others may read.
bool protects(const Value& product, const Value& multiplied) {
  if (is_private(multiplied)) return false;
  for (const auto& use : product.uses())
    if (use.offset == 0 && was_in_place(*use.user)) return true;
  return false;
}

void fold(Node& product, Rewrite& rewrite, const Trace& trace, const PinnedNodes& pinned) {
  const auto factor = factor_of(product);
  if (!factor) return;
  const auto before = recorded(trace, *product.inputs()[factor->input]),
             after = recorded(trace, *product.output());
  if (!before.defined() || !after.defined() || before.sizes() != after.sizes() ||
      before.scalar_type() != after.scalar_type() ||
      protects(*product.output(), *product.inputs()[factor->input]))
    return;
  if (!factor->mask.eq(1).all().item<bool>()) {
    NewWeights weights;
    if (!fold_into_users(*product.output(), factor->mask, before.dim(), weights)) return;
    for (const auto& [user, weight] : weights)
      if (pinned.count(user) != 0) return;
    for (const auto& [user, weight] : weights)
      if (!weight.equal(constant_tensor(*user->inputs()[1]))) rewrite.set(*user, 1, weight);
  }
  rewrite.bypass(product, factor->input);
}

}  // namespace

void fold_masks(FlatModel& model, Rewrite& rewrite, const Trace& trace, const PinnedNodes& pinned) {
  for (Node* node : all_nodes(*model.graph->block()))
    if (pinned.count(node) == 0) fold(*node, rewrite, trace, pinned);
}

}  // namespace actsparse
