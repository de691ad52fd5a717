// Parts of a tensor, picked by number.
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "compact/rules/movement.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

// The numbers of the channels that are taken: the operator itself, run on all numbers.
at::Tensor chosen_numbers(const Visit& visit, int64_t size) {
  torch::jit::Stack stack = {at::arange(size), int64_t{0}};
  for (size_t i = 2; i < visit.node.inputs().size(); ++i) stack.push_back(visit.value(i));
  visit.node.getOperation()(stack);
  return stack.at(0).toTensor().contiguous();
}

// Those of `chosen` that are among the kept ones.
at::Tensor kept_of(const at::Tensor& chosen, const at::Tensor& index, int64_t size) {
  const auto is_kept = at::zeros({size}, at::kBool).index_fill_(0, index, true);
  return chosen.masked_select(is_kept.index_select(0, chosen));
}

int64_t place_of(const at::Tensor& number, const at::Tensor& index) {
  return index.lt(number).sum().item<int64_t>();
}

// The bounds count among the kept channels. Of those, every second one would be others than before:
// where there is a step, the wanted ones are picked by index_select, and the slice takes all.
void renumber(Rewrite& rewrite, torch::jit::Node& node, int64_t axis, const at::Tensor& index,
              const at::Tensor& picked, bool has_step) {
  if (has_step) rewrite.index_select(node, 0, axis, places_among(picked, index));
  const int64_t first = has_step ? 0 : place_of(picked[0], index), count = picked.numel();
  const bool has_end = node.kind() == c10::aten::slice;
  rewrite.set(node, 2, first);
  rewrite.set(node, 3, has_end ? first + count : count);
  if (has_step) rewrite.set(node, 4, int64_t{1});
}

bool takes_all(const Visit& visit) {
  if (visit.node.kind() != c10::aten::slice || visit.value(4).toInt() != 1) return false;
  const auto &first = visit.value(2), &end = visit.value(3);
  return (first.isNone() || first.toInt() == 0) &&
         (end.isNone() || end.toInt() == std::numeric_limits<int64_t>::max());
}

void slice(Visit& visit) {
  const Channels input = visit.channels(0);
  const int64_t axis = visit.axis(0, visit.value(visit.input("dim")).toInt());
  visit.give(moved(visit).at(0));
  if (!changes_along(input, axis) || takes_all(visit)) return;
  const int64_t size = input.ids.size(axis);
  const auto chosen = chosen_numbers(visit, size);
  visit.require(chosen.numel() > 0, "no rule");
  const bool has_step = visit.node.kind() == c10::aten::slice && visit.value(4).toInt() != 1;
  visit.edit([=](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(input, axis);
    if (!index.defined()) return;
    const auto picked = kept_of(chosen, index, size);
    if (picked.numel() > 0) renumber(rewrite, arguments.node, axis, index, picked, has_step);
  });
}

void select(Visit& visit) {
  Channels input = visit.channels(0);
  const int64_t axis = visit.axis(0, visit.value(visit.input("dim")).toInt());
  input.ids = visit.tied_parts(0, axis);
  visit.give(moved(visit).at(0));
  if (!changes_along(input, axis)) return;
  const auto chosen = chosen_numbers(visit, input.ids.size(axis));
  visit.keep(input.ids.select(axis, chosen.item<int64_t>()), "it picks one channel by number");
  visit.edit([input, axis, chosen](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(input, axis);
    if (index.defined()) rewrite.set(arguments.node, 2, place_of(chosen, index));
  });
}

void unbind(Visit& visit) {
  const int64_t axis = visit.axis(0, visit.value(visit.input("dim")).toInt());
  visit.require(!actsparse::changes_along(visit.tied_parts(0, axis), axis),
                "it picks channels by number");
  visit.give_list(moved(visit));
}

void index_select(Visit& visit) {
  const Channels input = visit.channels(0);
  const int64_t axis = visit.axis(0, visit.value(visit.input("dim")).toInt());
  const auto chosen = visit.constant(2);
  const Channels output = {input.ids.index_select(axis, chosen.cpu()),
                           input.known.index_select(axis, chosen.cpu())};
  visit.give(output);
  visit.edit([input, output, axis, chosen](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(input, axis);
    if (!index.defined()) return;
    const auto places = at::zeros({input.ids.size(axis)}, at::kLong)
                            .index_copy_(0, index, at::arange(index.numel()));
    const auto left = sliced(chosen.cpu(), 0, rewrite.kept(canonical(output), axis));
    rewrite.set(arguments.node, 2, places.index_select(0, left).to(chosen.device()));
  });
}

}  // namespace

Rows slicing_rows() {
  return {
      {{"aten::slice", "aten::narrow"}, slice, free_of_macs},
      {{"aten::select"}, select, free_of_macs},
      {{"aten::unbind"}, unbind, free_of_macs},
      {{"aten::index_select"}, index_select, free_of_macs},
  };
}

}  // namespace actsparse::rules
