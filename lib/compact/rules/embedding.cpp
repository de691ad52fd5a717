#include <ATen/ops/zeros.h>

#include "compact/rules/contraction.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

// Each column of the table is a channel.
void embedding(Visit& visit) {
  const auto weight = visit.constant(0);
  visit.require(weight.dim() == 2, "no rule");
  if (visit.is_tensor(1)) visit.keep(visit.channels(1).ids, "it looks up rows by them");
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

}  // namespace

Rows embedding_rows() { return {{{"aten::embedding"}, embedding, free_of_macs}}; }

}  // namespace actsparse::rules
