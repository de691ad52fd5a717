#include <ATen/ops/where.h>

#include <limits>

#include "compact/rules/contraction.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

bool starts_with(const char* text, const char* beginning) {
  return std::string(text).rfind(beginning, 0) == 0;
}

// Averages that take in a border of zeros are no longer the channel's constant value, unless it is
// 0.
bool has_zero_border(const Visit& visit) {
  return starts_with(visit.node.kind().toUnqualString(), "avg_pool");
}

at::Tensor only_zeros(const at::Tensor& known) {
  return at::where(known.eq(0), known, unknown_like(known));
}

// The axes that are reduced. Without `dim` it would be all of them, channels included: refused.
std::vector<int64_t> reduced_axes(const Visit& visit) {
  const auto* schema = visit.node.maybeSchema();
  std::vector<int64_t> axes;
  visit.require(schema != nullptr && schema->argumentIndexWithName("dim").has_value(), "no rule");
  const auto& dims = visit.value(visit.input("dim"));
  visit.require(dims.isIntList() && !dims.toIntVector().empty(), "it reads all channels together");
  for (const int64_t dim : dims.toIntVector()) axes.push_back(visit.axis(0, dim));
  return axes;
}

at::Tensor without_axes(const at::Tensor& tensor, const std::vector<int64_t>& axes,
                        at::IntArrayRef sizes) {
  at::Tensor left = tensor;
  for (const int64_t axis : axes) left = left.narrow(axis, 0, 1);
  return left.dim() == static_cast<int64_t>(sizes.size()) ? left : left.reshape(sizes);
}

void pooling(Visit& visit) {
  const auto sizes = visit.output_sizes();
  const auto& input = visit.channels(0);
  const std::string name = visit.node.kind().toUnqualString();
  const int64_t spatial = name[name.size() - 2] - '0';
  const int64_t axis = static_cast<int64_t>(sizes.size()) - spatial - 1;
  visit.require(visit.node.outputs().size() == 1 && axis >= 0 && input.dim() == axis + spatial + 1,
                "no rule");
  const auto channels = visit.along(0, axis);
  visit.give(spread_over(channels.ids,
                         has_zero_border(visit) ? only_zeros(channels.known) : channels.known, axis,
                         sizes));
}

void mean(Visit& visit) {
  const auto& input = visit.channels(0);
  const auto axes = reduced_axes(visit);
  for (const int64_t changing : changing_axes(input.ids))
    for (const int64_t axis : axes)
      visit.require(axis != changing, "it reads all channels together");
  at::Tensor known = input.known;
  for (const int64_t axis : axes) {
    const auto first = known.narrow(axis, 0, 1);
    known = known.eq(first).all(axis, true).logical_not();
    known = first.masked_fill(known, std::numeric_limits<double>::quiet_NaN());
  }
  if (visit.node.kind() == c10::aten::sum) known = only_zeros(known);
  const auto sizes = visit.output_sizes();
  visit.give({without_axes(input.ids, axes, sizes), known.reshape(sizes)});
}

}  // namespace

Rows pooling_rows() {
  return {
      {{"aten::max_pool1d", "aten::max_pool2d", "aten::max_pool3d", "aten::avg_pool1d",
        "aten::avg_pool2d", "aten::avg_pool3d", "aten::adaptive_avg_pool1d",
        "aten::adaptive_avg_pool2d", "aten::adaptive_avg_pool3d", "aten::upsample_nearest1d",
        "aten::upsample_nearest2d", "aten::upsample_nearest3d", "aten::upsample_linear1d",
        "aten::upsample_bilinear2d", "aten::upsample_trilinear3d", "aten::upsample_bicubic2d"},
       pooling,
       free_of_macs},
      {{"aten::mean", "aten::sum", "aten::amax", "aten::amin"}, mean, free_of_macs},
  };
}

}  // namespace actsparse::rules
