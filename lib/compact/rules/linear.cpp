#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include "compact/rules/contraction.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

// y = x W^T + b with a constant W, however the operator's arguments are ordered.
struct Matrix {
  size_t x, weight;
  std::optional<size_t> bias;
  bool is_transposed;  // the weight is [inputs, outputs]
};

Contraction contraction_of(const Visit& visit, const Matrix& matrix) {
  const auto& x = visit.channels(matrix.x);
  const auto input = visit.along(matrix.x, x.dim() - 1);
  auto weight = visit.constant(matrix.weight).detach().to(at::kCPU, at::kDouble);
  visit.require(weight.dim() == 2, "no rule");
  if (matrix.is_transposed) weight = weight.t();
  const auto bias = matrix.bias ? visit.optional_constant(*matrix.bias) : at::Tensor();
  visit.require(!bias.defined() || bias.dim() == 1, "no rule");
  return {input.ids.unsqueeze(0),
          input.known.unsqueeze(0),
          weight.unsqueeze(0),
          weight.ne(0).unsqueeze(0),
          (bias.defined() ? bias.detach().to(at::kCPU, at::kDouble)
                          : at::zeros({weight.size(0)}, at::kDouble))
              .unsqueeze(0),
          false};
}

void linear_layer(Visit& visit, const Matrix& matrix) {
  const auto contraction = contraction_of(visit, matrix);
  const Channels input = visit.channels(matrix.x);
  const auto out = visit.findings.ids.fresh(contraction.bias.size(1));
  const auto known = contract(visit, contraction, out.unsqueeze(0));
  const auto sizes = visit.output_sizes();
  const auto output = spread_over(out, known, static_cast<int64_t>(sizes.size()) - 1, sizes);
  visit.give(output);
  visit.edit([matrix, contraction, input, output, gather = visit.gather](
                 Rewrite& rewrite, const Arguments& arguments) {
    const auto rows = rewrite.kept(output, output.dim() - 1);
    auto columns = rewrite.kept(input, input.dim() - 1);
    const auto weight = arguments.constant(matrix.weight);
    const auto read =
        static_cast<double>(input.ids.numel()) / static_cast<double>(input.ids.size(-1));
    const double outputs = static_cast<double>(rewrite.kept_count(output, output.dim() - 1));
    const Reading reading = {read * outputs, read * static_cast<double>(weight.element_size())};
    const auto picked = worth_picking(gather, contraction, rows, columns, reading);
    if (picked.defined()) {
      rewrite.index_select(arguments.node, matrix.x, input.dim() - 1,
                           places_among(picked, columns));
      columns = picked;
    }
    if (!rows.defined() && !columns.defined()) return;
    rewrite.set(arguments.node, matrix.weight,
                sliced(sliced(weight, matrix.is_transposed ? 1 : 0, rows),
                       matrix.is_transposed ? 0 : 1, columns)
                    .contiguous());
    const auto extra = of_removed(contraction, is_among(columns, contraction.in));
    if (!matrix.bias) return;
    const auto bias = arguments.optional_constant(*matrix.bias);
    if (bias.defined() || extra.ne(0).any().item<bool>())
      rewrite.set(arguments.node, *matrix.bias,
                  sliced((contraction.bias + extra).flatten(), 0, rows).to(weight.options()));
  });
}

void linear(Visit& visit) {
  if (visit.node.kind() == c10::aten::linear) return linear_layer(visit, {0, 1, size_t{2}, false});
  // addmm: factors of the bias and the product are not followed.
  visit.require(visit.value(visit.input("beta")).toScalar().toDouble() == 1 &&
                    visit.value(visit.input("alpha")).toScalar().toDouble() == 1,
                "no rule");
  linear_layer(visit, {1, 2, size_t{0}, true});
}

// Each output sums over the last axis of the left matrix, which is input `left`.
template <size_t left>
int64_t linear_macs(const torch::jit::Node& node, const Trace& trace) {
  const auto sizes = trace.sizes(node.inputs().at(left));
  return sizes.empty() ? 0 : product(trace.sizes(node.output())) * sizes.back();
}

at::Tensor fold_into_columns(const Arguments& /*arguments*/, const at::Tensor& weight,
                             const at::Tensor& factors) {
  return masked_columns(weight, factors, /*groups=*/1);
}

}  // namespace

void matmul_with_constant(Visit& visit) {
  // What removed constant inputs would add to the result has no bias to go into.
  const auto& x = visit.channels(0);
  visit.require(x.dim() >= 2, "no rule");
  const auto known = visit.along(0, x.dim() - 1).known;
  visit.require(known.isnan().logical_or(known.eq(0)).all().item<bool>(),
                "an input is constant, and there is no bias to take it");
  linear_layer(visit, {0, 1, std::nullopt, true});
}

Rows linear_rows() {
  return {
      {{"aten::linear"}, linear, linear_macs<0>, /*axis=*/-1, fold_into_columns},
      {{"aten::addmm"}, linear, linear_macs<1>, /*axis=*/-1},
  };
}

}  // namespace actsparse::rules
