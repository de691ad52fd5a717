#include <ATen/ops/full_like.h>

#include <limits>

#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

double filled_with(const Visit& visit) {
  const std::string name = visit.node.kind().toUnqualString();
  if (name == "full_like") return visit.value(visit.input("fill_value")).toScalar().toDouble();
  if (name == "empty_like") return std::numeric_limits<double>::quiet_NaN();
  return name == "ones_like" ? 1 : 0;
}

// Only the sizes are read, and those shrink with the channels.
void fill(Visit& visit) {
  const auto& input = visit.channels(0);
  visit.give({input.ids, at::full_like(input.known, filled_with(visit))});
}

// Of the traced arithmetic of sizes: a tensor without axes, of which nothing can go.
void number(Visit& visit) {
  const auto sizes = visit.output_sizes();
  visit.require(sizes.empty(), "no rule");
  visit.give({visit.findings.ids.fresh(1).view(sizes), whole(sizes).known});
}

}  // namespace

Rows fill_rows() {
  return {
      {{"aten::zeros_like", "aten::ones_like", "aten::full_like", "aten::empty_like"},
       fill,
       free_of_macs},
      {{"prim::NumToTensor"}, number, free_of_macs},
  };
}

}  // namespace actsparse::rules
