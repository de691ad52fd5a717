// Operators that multiply two matrices, or many.
#include "compact/rules/broadcast.h"
#include "compact/rules/contraction.h"
#include "compact/rules/products.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

Channels product_of(Visit& visit, size_t first) {
  const auto &a = visit.channels(first), &b = visit.channels(first + 1);
  visit.require(a.dim() >= 2 && b.dim() >= 2, "no rule");
  const auto labels = matmul_labels(a.dim(), b.dim());
  return product(visit, {a, labels.a}, {b, labels.b}, labels.result, visit.output_sizes());
}

void matmul(Visit& visit) {
  if (visit.is_constant(1) && !visit.is_constant(0)) return matmul_with_constant(visit);
  visit.give(product_of(visit, 0));
}

// A bias for each element of the product.
void baddbmm(Visit& visit) {
  Channels output = product_of(visit, 1);
  const bool is_constant = visit.is_constant(0);
  if (!is_constant)
    output.ids = tied_ids(visit, output.ids, visit.channels(0).ids, visit.output_sizes());
  output.known = unknown_like(output.known);
  visit.give(output);
  if (is_constant) slice_constant(visit, 0, output);
}

const Channels& operand(const Visit& visit, size_t number) {
  const auto& operands = visit.list(1);
  visit.require(operands.size() == 2 && operands[number].kind == Abstract::Kind::Tensor, "no rule");
  return operands[number].channels;
}

void einsum(Visit& visit) {
  const auto &a = operand(visit, 0), &b = operand(visit, 1);
  const auto labels = einsum_labels(visit.value(0).toStringRef(), a.dim(), b.dim());
  visit.give(product(visit, {a, labels.a}, {b, labels.b}, labels.result, visit.output_sizes()));
}

template <size_t first>
int64_t matmul_macs(const torch::jit::Node& node, const Trace& trace) {
  const auto a = trace.sizes(node.inputs().at(first)), b = trace.sizes(node.inputs().at(first + 1));
  if (a.empty() || b.empty()) return 0;
  return product(trace.sizes(node.output())) * a.back();
}

int64_t einsum_macs(const torch::jit::Node& node, const Trace& trace) {
  const auto* const equation = trace.value(node.inputs().at(0));
  const auto* const operands = trace.value(node.inputs().at(1));
  if (equation == nullptr || operands == nullptr || operands->toTensorVector().size() != 2)
    return 0;
  const auto tensors = operands->toTensorVector();
  try {
    return product_macs(einsum_labels(equation->toStringRef(), tensors[0].dim(), tensors[1].dim()),
                        tensors[0].sizes(), tensors[1].sizes());
  } catch (const NotUnderstood&) {
    return 0;
  }
}

}  // namespace

Rows matmul_rows() {
  return {
      {{"aten::matmul", "aten::mm"}, matmul, matmul_macs<0>, /*axis=*/-1},
      {{"aten::bmm"}, matmul, matmul_macs<0>},
      {{"aten::baddbmm"}, baddbmm, matmul_macs<1>},
      {{"aten::einsum"}, einsum, einsum_macs},
  };
}

}  // namespace actsparse::rules
