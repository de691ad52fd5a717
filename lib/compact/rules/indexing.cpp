// Rows that are looked up by a tensor of numbers: of a table of positions, or of an activation.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <optional>

#include "compact/rules/contraction.h"
#include "compact/rules/movement.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

// Of a list of numbers for the first axes: the one axis for which there are some.
int64_t looked_up_axis(const Visit& visit) {
  const auto& indices = visit.list(1);
  std::optional<int64_t> axis;
  for (size_t i = 0; i < indices.size(); ++i) {
    if (indices[i].kind != Abstract::Kind::Tensor) continue;
    visit.require(!axis, "no rule");
    axis = static_cast<int64_t>(i);
  }
  visit.require(axis.has_value(), "no rule");
  return *axis;
}

// Each column of the table, which is input 0, is a channel: of an embedding, or of biases for
// heads.
void look_up_columns(Visit& visit) {
  const auto weight = visit.constant(0);
  visit.require(weight.dim() == 2, "no rule");
  const auto sizes = visit.output_sizes();
  const int64_t axis = static_cast<int64_t>(sizes.size()) - 1;
  const auto out = visit.findings.ids.fresh(weight.size(1));
  const auto known = unknown_like(at::zeros({weight.size(1)}, at::kDouble));
  const Channels output = spread_over(out, known, axis, sizes);
  visit.give(output);
  visit.edit([output, axis](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(output, axis);
    if (index.defined())
      rewrite.set(arguments.node, 0, sliced(arguments.constant(0), 1, index).contiguous());
  });
}

void embedding(Visit& visit) {
  if (visit.is_tensor(1)) visit.keep(visit.channels(1).ids, "it looks up rows by them");
  look_up_columns(visit);
}

void index(Visit& visit) {
  const int64_t axis = looked_up_axis(visit);
  const auto& numbers = visit.list(1)[axis].channels;
  visit.keep(numbers.ids, "it looks up rows by them");
  const auto& input = visit.channels(0);
  const auto rank = static_cast<int64_t>(visit.output_sizes().size());
  // A mask of several axes picks elements, not rows.
  visit.require(rank == input.dim() - 1 + numbers.dim(), "no rule");
  if (visit.is_constant(0) && axis == 0 && input.dim() == 2) return look_up_columns(visit);
  visit.require(!changes_along(input, axis), "it picks channels by number");
  at::Tensor ids = input.ids.select(axis, 0);
  for (int64_t i = 0; i < numbers.dim(); ++i) ids = ids.unsqueeze(axis);
  visit.give({ids.expand(visit.output_sizes()), whole(visit.output_sizes()).known});
}

}  // namespace

Rows indexing_rows() {
  return {
      {{"aten::embedding"}, embedding, free_of_macs},
      {{"aten::index"}, index, free_of_macs},
  };
}

}  // namespace actsparse::rules
