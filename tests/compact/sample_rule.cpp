// A rule as a program that links the library adds it: for torch.cumprod, whose results are products
// within one channel as long as it does not run along the channels.
#include <functional>
#include <numeric>

#include "compact/rule.h"

namespace actsparse {

void add_sample_rule();

namespace {

void cumprod(Visit& visit) {
  const Channels input = visit.channels(0);
  const int64_t along = visit.axis(0, visit.value(visit.input("dim")).toInt());
  for (const int64_t axis : changing_axes(input.ids))
    visit.require(axis != along, "it multiplies channels with each other");
  visit.give({input.ids, unknown_like(input.known)});
}

int64_t cumprod_macs(const torch::jit::Node& node, const Trace& trace) {
  const auto sizes = trace.sizes(node.output());
  return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>());
}

}  // namespace

void add_sample_rule() { add_rule({{"aten::cumprod"}, cumprod, cumprod_macs}); }

}  // namespace actsparse
