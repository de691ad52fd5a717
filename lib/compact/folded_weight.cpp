#include "compact/folded_weight.h"

#include "compact/rule.h"

namespace actsparse {
namespace {

// One number per index of `axis`, or one for all; undefined if the mask varies along another axis.
at::Tensor along_one_axis(const at::Tensor& mask, int64_t rank, int64_t axis) {
  for (int64_t i = 0; i < mask.dim(); ++i)
    if (mask.size(i) != 1 && i + rank - mask.dim() != axis) return {};
  return mask.flatten();
}

}  // namespace

bool has_foldable_weight(const torch::jit::Node& node) {
  const OperatorRule* const row = find_rule(node.kind());
  return row != nullptr && row->fold != nullptr;
}

at::Tensor folded_weight(const Arguments& arguments, const at::Tensor& weight,
                         const at::Tensor& mask, int64_t rank) {
  arguments.require(has_foldable_weight(arguments.node),
                    "it is no convolution and no linear layer");
  const OperatorRule* const row = find_rule(arguments.node.kind());
  const int64_t axis = axis_among(row->channel_axis.value_or(-1), rank, weight.dim());
  const auto factors = along_one_axis(mask, rank, axis);
  arguments.require(factors.defined(), "its mask has more than one number per channel");
  return row->fold(arguments, weight, factors);
}

}  // namespace actsparse
