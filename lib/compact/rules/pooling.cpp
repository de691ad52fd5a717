#include <ATen/ops/where.h>

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

// The axes of the planes, as the operator's name tells: "max_pool2d".
int64_t plane_axes(const Visit& visit) {
  const std::string name = visit.node.kind().toUnqualString();
  return name.at(name.find_first_of("123")) - '0';
}

void pooling(Visit& visit) {
  const auto& input = visit.channels(0);
  const int64_t axis = input.dim() - plane_axes(visit) - 1;
  visit.require(axis >= 0, "no rule");
  const auto channels = visit.along(0, axis);
  const auto known = has_zero_border(visit) ? only_zeros(channels.known) : channels.known;
  visit.give(spread_over(channels.ids, known, axis, visit.output_sizes()));
  if (visit.node.outputs().size() == 2)  // where the largest stood
    visit.give(spread_over(channels.ids, unknown_like(known), axis, visit.output_sizes(1)), 1);
}

// Each plane is read at the same places, which `grid` tells.
void grid_sampler(Visit& visit) {
  const auto channels = visit.along(0, 1);
  if (visit.is_tensor(1)) visit.keep(visit.channels(1).ids, "it reads planes at these places");
  visit.give(spread_over(channels.ids, unknown_like(channels.known), 1, visit.output_sizes()));
}

}  // namespace

Rows pooling_rows() {
  return {
      {{"aten::max_pool1d", "aten::avg_pool1d", "aten::adaptive_avg_pool1d",
        "aten::max_pool1d_with_indices", "aten::adaptive_max_pool1d", "aten::upsample_nearest1d",
        "aten::upsample_linear1d"},
       pooling,
       free_of_macs,
       /*axis=*/-2},
      {{"aten::max_pool2d", "aten::avg_pool2d", "aten::adaptive_avg_pool2d",
        "aten::max_pool2d_with_indices", "aten::adaptive_max_pool2d", "aten::upsample_nearest2d",
        "aten::upsample_bilinear2d", "aten::upsample_bicubic2d", "aten::_upsample_nearest_exact2d",
        "aten::_upsample_bilinear2d_aa", "aten::_upsample_bicubic2d_aa"},
       pooling,
       free_of_macs,
       /*axis=*/-3},
      {{"aten::max_pool3d", "aten::avg_pool3d", "aten::adaptive_avg_pool3d",
        "aten::max_pool3d_with_indices", "aten::adaptive_max_pool3d", "aten::upsample_nearest3d",
        "aten::upsample_trilinear3d"},
       pooling,
       free_of_macs,
       /*axis=*/-4},
      {{"aten::grid_sampler"}, grid_sampler, free_of_macs, /*axis=*/1},
  };
}

}  // namespace actsparse::rules
