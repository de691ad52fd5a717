// Operators of several tensors, each element of whose result reads one element of each.
#include <ATen/ExpandUtils.h>
#include <ATen/ops/full.h>
#include <ATen/ops/where.h>

#include <limits>

#include "compact/rules/broadcast.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

struct Operands {
  std::vector<size_t> activations, constants;
};

Operands operands_of(const Visit& visit) {
  Operands operands;
  for (size_t i = 0; i < visit.node.inputs().size(); ++i) {
    if (visit.is_tensor(i)) {
      (visit.is_constant(i) ? operands.constants : operands.activations).push_back(i);
      continue;
    }
    const auto* const value = visit.trace.value(visit.node.inputs()[i]);
    visit.require(value != nullptr && !value->isTensor(), "no rule");
  }
  visit.require(!operands.activations.empty(), "no rule");
  return operands;
}

at::Tensor joined_ids(Visit& visit, const std::vector<size_t>& activations) {
  at::Tensor ids = visit.channels(activations[0]).ids;
  for (size_t i = 1; i < activations.size(); ++i) {
    const at::Tensor next = visit.channels(activations[i]).ids;
    ids = tied_ids(visit, ids, next, at::infer_size(ids.sizes(), next.sizes()));
  }
  return ids.expand(visit.output_sizes());
}

at::Tensor known_operand(const Visit& visit, size_t input) {
  if (visit.is_tensor(input)) return visit.channels(input).known;
  return at::full({}, visit.value(input).toScalar().toDouble(), at::kDouble);
}

// One of two operands is taken, element by element: known is what both are.
at::Tensor known_choice(const Visit& visit, size_t one, size_t other) {
  const auto a = known_operand(visit, one), b = known_operand(visit, other);
  return at::where(a.eq(b), a, at::full({}, std::numeric_limits<double>::quiet_NaN(), at::kDouble));
}

at::Tensor known_join(const Visit& visit) {
  if (visit.node.kind() == c10::aten::where) return known_choice(visit, 1, 2);
  if (visit.node.kind() == c10::aten::masked_fill) return known_choice(visit, 0, 2);
  return whole(visit.output_sizes()).known;
}

void joined(Visit& visit) {
  const auto operands = operands_of(visit);
  const Channels output = {joined_ids(visit, operands.activations),
                           known_join(visit).expand(visit.output_sizes())};
  visit.give(output);
  for (const size_t input : operands.constants) slice_constant(visit, input, output);
}

}  // namespace

Rows joined_rows() {
  return {
      {{"aten::where", "aten::masked_fill", "aten::addcmul", "aten::addcdiv", "aten::lerp",
        "aten::logical_and", "aten::logical_or", "aten::logical_xor", "aten::bitwise_and",
        "aten::bitwise_or", "aten::bitwise_xor", "aten::bitwise_not", "aten::__and__",
        "aten::__or__", "aten::__xor__"},
       joined,
       free_of_macs},
  };
}

}  // namespace actsparse::rules
