#include "compact/channels.h"

#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <limits>

namespace actsparse {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

bool same(const at::Tensor& a, const at::Tensor& b) {
  if (!a.is_floating_point()) return a.eq(b).all().item<bool>();
  return a.eq(b).logical_or(a.isnan().logical_and(b.isnan())).all().item<bool>();
}

at::Tensor expand_where_constant(at::Tensor tensor) {
  const auto sizes = tensor.sizes().vec();
  for (int64_t axis = 0; axis < tensor.dim(); ++axis) {
    if (tensor.size(axis) < 2) continue;
    const at::Tensor first = tensor.narrow(axis, 0, 1);
    if (tensor.stride(axis) == 0 || same(tensor, first)) tensor = first;
  }
  return tensor.contiguous().expand(sizes);
}

}  // namespace

Channels whole(at::IntArrayRef sizes) {
  const std::vector<int64_t> ones(sizes.size(), 1);
  return {at::zeros(ones, at::kLong).expand(sizes),
          at::full(ones, unknown, at::kDouble).expand(sizes)};
}

at::Tensor unknown_like(const at::Tensor& known) { return at::full_like(known, unknown); }

Channels constant_channels(const at::Tensor& value) {
  return {whole(value.sizes()).ids,
          expand_where_constant(value.detach().to(at::kCPU, at::kDouble))};
}

Channels canonical(const Channels& channels) {
  return {expand_where_constant(channels.ids), expand_where_constant(channels.known)};
}

std::vector<int64_t> changing_axes(const at::Tensor& ids) {
  std::vector<int64_t> axes;
  for (int64_t axis = 0; axis < ids.dim(); ++axis)
    if (changes_along(ids, axis)) axes.push_back(axis);
  return axes;
}

bool changes_along(const at::Tensor& ids, int64_t axis) {
  return ids.size(axis) > 1 && ids.stride(axis) != 0;
}

at::Tensor unexpanded(const at::Tensor& expanded) {
  at::Tensor tensor = expanded;
  for (int64_t axis = 0; axis < tensor.dim(); ++axis)
    if (tensor.size(axis) > 1 && tensor.stride(axis) == 0) tensor = tensor.narrow(axis, 0, 1);
  return tensor;
}

at::Tensor rows_along(const at::Tensor& tensor, int64_t axis) {
  return tensor.movedim(axis, 0).unsqueeze(-1).flatten(1);
}

std::optional<AxisChannels> along_axis(const Channels& channels, int64_t axis) {
  for (const int64_t changing : changing_axes(channels.ids))
    if (changing != axis) return std::nullopt;
  const int64_t size = channels.ids.size(axis);
  if (channels.ids.numel() == 0) return std::nullopt;
  const auto known = unexpanded(channels.known);
  const auto rows = rows_along(known, axis);
  const auto first = rows.select(1, 0);
  const auto constant = rows.eq(rows.narrow(1, 0, 1)).all(1);
  return AxisChannels{
      unexpanded(channels.ids).flatten().expand({size}).contiguous(),
      at::where(constant, first, at::full({}, unknown, at::kDouble)).expand({size}).contiguous()};
}

}  // namespace actsparse
