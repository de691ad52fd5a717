#include "compact/rules/broadcast.h"

#include <ATen/ops/broadcast_tensors.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/unique_dim.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <optional>

#include "compact/grids.h"

namespace actsparse::rules {
namespace {

// Where an axis of `other` stands in `operand`; nothing if that is broadcast along it.
std::optional<int64_t> axis_in(const at::Tensor& operand, const at::Tensor& other, int64_t axis) {
  const int64_t place = axis - other.dim() + operand.dim();
  return place >= 0 && operand.size(place) > 1 ? std::optional(place) : std::nullopt;
}

// Whether `operand` is broadcast along some of the axes on which `other`'s channels lie, but not
// along all: the angles of rotary embeddings are those of all heads.
bool spans_part(const at::Tensor& operand, const at::Tensor& other) {
  const auto axes = changing_axes(other);
  const auto spanned = std::count_if(axes.begin(), axes.end(), [&](int64_t axis) {
    return axis_in(operand, other, axis).has_value();
  });
  for (const int64_t place : changing_axes(operand)) {
    const int64_t axis = place - operand.dim() + other.dim();
    if (axis < 0 || !changes_along(other, axis)) return false;
  }
  return spanned > 0 && spanned < static_cast<int64_t>(axes.size()) && is_grid(other);
}

// The ids of `whole`, where `part` keeps the same indices of the axes that it spans.
at::Tensor share_part(Visit& visit, const at::Tensor& whole, const at::Tensor& part) {
  const auto pair = at::broadcast_tensors({unexpanded(whole), unexpanded(part)});
  const auto pairs =
      std::get<0>(at::unique_dim(at::stack({pair[0].flatten(), pair[1].flatten()}, 1), 0));
  for (int64_t i = 0; i < pairs.size(0); ++i)
    visit.follow(distinct(pairs[i].narrow(0, 0, 1)), distinct(pairs[i].narrow(0, 1, 1)));
  for (const int64_t axis : changing_axes(whole))
    if (const auto place = axis_in(part, whole, axis))
      visit.share_axis({slices_along(whole, axis), slices_along(part, *place)}, /*is_batch=*/false);
  return whole;
}

}  // namespace

bool is_spread(const at::Tensor& operand, const at::Tensor& other) {
  if (!changing_axes(operand).empty() || changing_axes(other).empty()) return false;
  for (const int64_t axis : changing_axes(other)) {
    const int64_t place = axis - other.dim() + operand.dim();
    if (place >= 0 && operand.size(place) > 1) return false;
  }
  return true;
}

at::Tensor tied_ids(Visit& visit, const at::Tensor& a, const at::Tensor& b, at::IntArrayRef sizes) {
  if (spans_part(b, a)) return share_part(visit, a, b).expand(sizes);
  if (spans_part(a, b)) return share_part(visit, b, a).expand(sizes);
  const bool a_spread = is_spread(a, b);
  if (!a_spread && !is_spread(b, a)) {
    const auto pair = at::broadcast_tensors({unexpanded(a), unexpanded(b)});
    visit.findings.ids.tie(pair[0], pair[1]);
    return a.expand(sizes);
  }
  const auto &many = a_spread ? b : a, &one = a_spread ? a : b;
  visit.follow(distinct(unexpanded(many)), distinct(unexpanded(one)));
  return many.expand(sizes);
}

void one_of(Visit& visit, size_t output, const std::vector<const torch::jit::Value*>& values) {
  std::optional<Channels> joined;
  for (const auto* value : values) {
    const auto found = visit.findings.values.find(value);
    visit.require(found != visit.findings.values.end() &&
                      found->second.kind == Abstract::Kind::Tensor && !found->second.is_constant,
                  "what one of its sides gives is not known");
    const Channels& next = found->second.channels;
    if (!joined) joined = next;
    visit.require(next.ids.sizes() == joined->ids.sizes(), "its sides have other sizes");
    const auto pair = at::broadcast_tensors({unexpanded(joined->ids), unexpanded(next.ids)});
    visit.findings.ids.tie(pair[0], pair[1]);
    joined->known = at::where(joined->known.eq(next.known), next.known, unknown_like(next.known));
  }
  visit.require(joined.has_value(), "no side of it gives a value");
  visit.give(*joined, output);
}

void slice_constant(Visit& visit, size_t input, const Channels& output) {
  visit.edit([input, output](Rewrite& rewrite, const Arguments& arguments) {
    at::Tensor value = arguments.constant(input);
    const int64_t offset = output.dim() - value.dim();
    bool changed = false;
    for (int64_t axis = 0; axis < value.dim(); ++axis) {
      const auto index = rewrite.kept(output, axis + offset);
      if (value.size(axis) == 1 || !index.defined()) continue;
      value = sliced(value, axis, index);
      changed = true;
    }
    if (changed) rewrite.set(arguments.node, input, value.contiguous());
  });
}

}  // namespace actsparse::rules
