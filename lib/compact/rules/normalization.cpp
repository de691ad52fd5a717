#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/where.h>

#include <numeric>

#include "compact/rules/contraction.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

constexpr const char* per_channel[] = {"weight", "bias", "running_mean", "running_var"};

// Slices those arguments that hold one number per channel.
void slice_arguments(Visit& visit, const Channels& input) {
  visit.edit([input](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(input, 1);
    if (!index.defined()) return;
    for (const char* name : per_channel) {
      if (!arguments.node.maybeSchema()->argumentIndexWithName(name)) continue;
      const size_t place = arguments.input(name);
      const auto value = arguments.optional_constant(place);
      if (value.defined()) rewrite.set(arguments.node, place, sliced(value, 0, index));
    }
  });
}

void require_constants(const Visit& visit) {
  for (const char* name : per_channel)
    if (visit.node.maybeSchema()->argumentIndexWithName(name))
      visit.optional_constant(visit.input(name));
}

at::Tensor numbers(const Visit& visit, const char* name, const at::Tensor& like, double otherwise) {
  const auto value = visit.optional_constant(visit.input(name));
  return value.defined() ? value.detach().to(at::kCPU, at::kDouble)
                         : at::full_like(like, otherwise);
}

void batch_norm(Visit& visit) {
  visit.require(!visit.value(visit.input("training")).toBool(), "it works as in training");
  require_constants(visit);
  const Channels input = visit.channels(0);
  const auto known = visit.along(0, 1).known;
  const auto mean = numbers(visit, "running_mean", known, 0);
  const auto variance = numbers(visit, "running_var", known, 1);
  const double eps = visit.value(visit.input("eps")).toDouble();
  const auto values =
      (known - mean) / (variance + eps).sqrt() * numbers(visit, "weight", known, 1) +
      numbers(visit, "bias", known, 0);
  visit.give({input.ids, spread_over(known, values, 1, input.ids.sizes()).known});
  slice_arguments(visit, input);
}

void instance_norm(Visit& visit) {
  visit.require(visit.value(visit.input("use_input_stats")).toBool(), "it uses stored statistics");
  require_constants(visit);
  const Channels input = visit.channels(0);
  const auto known = visit.along(0, 1).known;
  // A channel of zeros is normalized to exactly 0, so its bias is the result. For another constant
  // the rounding of mean and variance would be left over.
  const auto values = at::where(known.eq(0), numbers(visit, "bias", known, 0), unknown_like(known));
  visit.give({input.ids, spread_over(known, values, 1, input.ids.sizes()).known});
  slice_arguments(visit, input);
}

// The channels of a group are read together, so they go together.
void group_norm(Visit& visit) {
  require_constants(visit);
  const Channels input = visit.channels(0);
  const auto channels = visit.along(0, 1);
  const auto groups = visit.value(visit.input("num_groups")).toInt();
  const auto ids = channels.ids.view({groups, -1});
  visit.findings.ids.tie(ids, ids.narrow(1, 0, 1).expand_as(ids));
  const auto all_zero =
      channels.known.view({groups, -1}).eq(0).all(1, true).expand_as(ids).flatten();
  const auto values =
      at::where(all_zero, numbers(visit, "bias", channels.known, 0), unknown_like(channels.known));
  visit.give({input.ids, spread_over(channels.known, values, 1, input.ids.sizes()).known});
  slice_arguments(visit, input);
  visit.edit([input, groups, size = ids.size(1)](Rewrite& rewrite, const Arguments& arguments) {
    const int64_t left = rewrite.kept_count(input, 1) / size;
    if (left != groups) rewrite.set(arguments.node, arguments.input("num_groups"), left);
  });
}

void over_axes(Visit& visit) {
  const auto& input = visit.channels(0);
  int64_t first = 0, last = input.dim();
  if (visit.node.maybeSchema()->argumentIndexWithName("normalized_shape")) {
    first = last -
            static_cast<int64_t>(visit.value(visit.input("normalized_shape")).toIntVector().size());
    visit.require(first >= 0, "no rule");
  } else {
    first = visit.axis(0, visit.value(visit.input("dim")).toInt());
    last = first + 1;
  }
  std::vector<int64_t> axes(last - first);
  std::iota(axes.begin(), axes.end(), first);
  visit.give({visit.tied_where_read(0, axes), unknown_like(input.known)});
}

}  // namespace

Rows normalization_rows() {
  return {
      {{"aten::batch_norm"}, batch_norm, free_of_macs, /*axis=*/1},
      {{"aten::instance_norm"}, instance_norm, free_of_macs, /*axis=*/1},
      {{"aten::group_norm"}, group_norm, free_of_macs, /*axis=*/1},
      {{"aten::layer_norm", "aten::rms_norm"}, over_axes, free_of_macs, /*axis=*/-1},
      {{"aten::softmax", "aten::log_softmax"}, over_axes, free_of_macs},
  };
}

}  // namespace actsparse::rules
