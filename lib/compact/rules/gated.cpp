#include <ATen/TensorOperators.h>

#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

// The first half times the sigmoid of the second: a channel goes with its gate, so that the halves
// stay equally long.
void glu(Visit& visit) {
  const auto& input = visit.channels(0);
  const int64_t axis = visit.axis(0, visit.value(visit.input("dim")).toInt());
  const int64_t half = input.ids.size(axis) / 2;
  const auto ids = input.ids.narrow(axis, 0, half);
  visit.findings.ids.tie(unexpanded(ids), unexpanded(input.ids.narrow(axis, half, half)));
  const auto values = input.known.narrow(axis, 0, half);
  const auto gates = input.known.narrow(axis, half, half);
  visit.give({ids, (values * gates.sigmoid()).masked_fill(values.eq(0), 0)});
}

}  // namespace

Rows gated_rows() { return {{{"aten::glu"}, glu, free_of_macs}}; }

}  // namespace actsparse::rules
