#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/ir/constants.h>

#include "compact/rule.h"
#include "compact/rules/contraction.h"

namespace actsparse {
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

void give(Visit& visit, const Matrix& matrix) {
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

}  // namespace

void linear(Visit& visit) {
  if (visit.node.kind() == c10::aten::linear) return give(visit, {0, 1, size_t{2}, false});
  // addmm: beta and alpha would scale both
  visit.require(visit.value(visit.input("beta")).toScalar().toDouble() == 1 &&
                    visit.value(visit.input("alpha")).toScalar().toDouble() == 1,
                "no rule");
  give(visit, {1, 2, size_t{0}, true});
}

void matmul_with_constant(Visit& visit) {
  visit.require(visit.is_constant(1) && !visit.is_constant(0), "no rule");
  // There is no place for what removed inputs would add.
  const auto& x = visit.channels(0);
  visit.require(x.dim() >= 2, "no rule");
  const auto known = visit.along(0, x.dim() - 1).known;
  visit.require(known.isnan().logical_or(known.eq(0)).all().item<bool>(),
                "an input is constant, and there is no bias to take it");
  give(visit, {0, 1, std::nullopt, true});
}

// LSTM, GRU and RNN read their input through the columns of the first layer's weights.
void recurrent(Visit& visit) {
  const auto params = visit.node.inputs().at(visit.input("params"));
  visit.require(visit.node.maybeSchema()->arguments().at(2).name() == "params", "no rule");
  visit.require(params->node()->kind() == c10::prim::ListConstruct, "no rule");
  const bool has_biases = visit.value(visit.input("has_biases")).toBool();
  const bool both_ways = visit.value(visit.input("bidirectional")).toBool();
  const auto layers = visit.value(visit.input("num_layers")).toInt();
  const size_t tensors = params->node()->inputs().size();
  const size_t directions = both_ways ? 2 : 1, per_direction = tensors / (layers * directions);
  visit.require(per_direction == (has_biases ? 4 : 2), "it has projections");
  std::vector<size_t> weights;
  for (size_t direction = 0; direction < directions; ++direction)
    weights.push_back(direction * per_direction);
  const Channels input = visit.channels(0);
  const auto columns = visit.along(0, input.dim() - 1);
  for (size_t i = 1; i < visit.node.inputs().size(); ++i)
    if (visit.is_tensor(i)) visit.keep(visit.channels(i).ids, "no rule");
  auto unknown = columns.known.ne(0);  // NaN too
  visit.keep(columns.ids.masked_select(unknown), "");
  for (size_t i = 0; i < visit.node.outputs().size(); ++i)
    visit.give(whole(visit.output_sizes(i)), i);
  visit.edit([input, weights](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(input, input.dim() - 1);
    if (!index.defined()) return;
    const size_t place = arguments.input("params");
    for (const size_t weight : weights) {
      const auto value =
          torch::jit::toIValue(arguments.node.inputs().at(place)->node()->inputs().at(weight));
      rewrite.set_element(arguments.node, place, weight,
                          sliced(value->toTensor(), 1, index).contiguous());
    }
  });
}

}  // namespace actsparse
