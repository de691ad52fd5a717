#include <ATen/ops/broadcast_tensors.h>
#include <ATen/ops/prelu.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/unique_dim.h>
#include <ATen/ops/where.h>

#include <algorithm>

#include "compact/grids.h"
#include "compact/rules/broadcast.h"
#include "compact/rules/rows.h"

namespace actsparse::rules {
namespace {

// The known values of the result: the operator itself, run on the known values of input `input`.
at::Tensor run_on_known(const Visit& visit, size_t input) {
  const auto known = unexpanded(visit.channels(input).known);
  torch::jit::Stack stack;
  for (size_t i = 0; i < visit.node.inputs().size(); ++i)
    stack.push_back(i == input ? c10::IValue(known) : visit.value(i));
  visit.node.getOperation()(stack);
  const auto result = stack.at(0).toTensor().to(at::kDouble);
  return at::where(known.isnan(), unknown_like(result), result)
      .expand(visit.channels(input).known.sizes());
}

void require_eval(const Visit& visit) {
  const auto* schema = visit.node.maybeSchema();
  for (const char* flag : {"train", "training"})
    if (schema != nullptr && schema->argumentIndexWithName(flag))
      visit.require(!visit.value(visit.input(flag)).toBool(), "it works as in training");
}

// New ids for the result, each of which needs its two operands' ids: unlike with tied ids, an
// operand may keep channels that the result drops.
at::Tensor own_ids(Visit& visit, const at::Tensor& a, const at::Tensor& b) {
  const auto pairs = at::stack({a.flatten(), b.flatten()}, 1);
  const auto [distinct_pairs, place, counts] =
      at::unique_dim(pairs, 0, /*sorted=*/true, /*return_inverse=*/true);
  const auto own = visit.findings.ids.fresh(distinct_pairs.size(0));
  for (int64_t i = 0; i < own.numel(); ++i)
    visit.follow({own[i].item<int64_t>()}, distinct(distinct_pairs[i]));
  return own.index_select(0, place).view(a.sizes());
}

// Where an operand keeps more channels than the result, reads a subset of it by index_select.
void pick_operand(Rewrite& rewrite, torch::jit::Node& node, size_t input, const Channels& operand,
                  const Channels& result) {
  for (const int64_t place : changing_axes(result.ids)) {
    const int64_t axis = place - result.dim() + operand.dim();
    if (axis < 0 || operand.ids.size(axis) == 1) continue;
    const auto wanted = rewrite.kept(result, place), present = rewrite.kept(operand, axis);
    if (!wanted.defined() || (present.defined() && present.numel() == wanted.numel())) continue;
    rewrite.index_select(node, input, axis, places_among(wanted, present));
  }
}

// Whether the result's size along an axis that holds channels depends on the model's input.
bool is_sized_by_input(const Visit& visit, const at::Tensor& operand) {
  const auto rank = static_cast<int64_t>(visit.output_sizes().size());
  const auto axes = changing_axes(operand);
  return std::any_of(axes.begin(), axes.end(), [&](int64_t axis) {
    return !visit.trace.is_static(visit.node.output(), axis - operand.dim() + rank);
  });
}

at::Tensor ids_of_two(Visit& visit, const at::Tensor& a, const at::Tensor& b,
                      at::IntArrayRef sizes) {
  const bool can_pick = changing_axes(a).size() < 2 && changing_axes(b).size() < 2 &&
                        !is_sized_by_input(visit, a) && !is_sized_by_input(visit, b);
  if (visit.gather == Gather::Off || !can_pick || is_spread(a, b) || is_spread(b, a))
    return tied_ids(visit, a, b, sizes);
  const auto pair = at::broadcast_tensors({unexpanded(a), unexpanded(b)});
  return own_ids(visit, pair[0], pair[1]).expand(sizes);
}

at::Tensor known_result(const Visit& visit, const at::Tensor& a, const at::Tensor& b,
                        at::IntArrayRef sizes) {
  torch::jit::Stack stack = {unexpanded(a), unexpanded(b)};
  for (size_t i = 2; i < visit.node.inputs().size(); ++i) stack.push_back(visit.value(i));
  visit.node.getOperation()(stack);
  auto result = stack.at(0).toTensor().to(at::kDouble);
  const auto is_unknown = unexpanded(a).isnan().logical_or(unexpanded(b).isnan());
  result = at::where(is_unknown, unknown_like(result), result);  // a comparison with NaN is false
  if (visit.node.kind() == c10::aten::mul)  // whatever the other is, if it is finite
    result = result.masked_fill(unexpanded(a).eq(0).logical_or(unexpanded(b).eq(0)), 0);
  return result.expand(sizes);
}

// The one axis that a mask changes along, of those of an activation with `rank` axes.
std::optional<int64_t> own_axis(const at::Tensor& mask, int64_t rank) {
  std::optional<int64_t> axis;
  for (int64_t i = 0; i < mask.dim(); ++i) {
    if (mask.size(i) == 1) continue;
    if (axis) return std::nullopt;
    axis = i + rank - mask.dim();
  }
  return axis;
}

// The axis that a mask's channels lie along.
std::optional<int64_t> mask_axis(const Visit& visit, const at::Tensor& ids,
                                 const at::Tensor& mask) {
  const auto axes = changing_axes(ids);
  if (axes.size() == 1) return axes[0];
  if (axes.empty() && ids.dim() < 2) return std::nullopt;
  if (const auto axis = own_axis(mask, ids.dim())) return axis;
  return usual_axis(*visit.node.output(), visit.trace).value_or(ids.dim() - 1);
}

void note_mask(Visit& visit, size_t input, const Channels& activation) {
  const auto mask = visit.constant(input);
  const auto sizes = activation.ids.sizes();
  if (visit.node.kind() != c10::aten::mul || !mask.eq(0).any().item<bool>() ||
      mask.dim() > activation.dim() || visit.output_sizes() != sizes)
    return;
  const auto axis = mask_axis(visit, activation.ids, mask);
  if (!axis) return;
  at::Tensor ids = activation.ids;
  for (const int64_t other : changing_axes(ids))  // a mask tells the axis that counts
    if (other != *axis && changes_along(ids, *axis))
      ids = tied_along(visit.findings.ids, ids, other);
  const Channels factors = {ids, constant_channels(mask).known.expand(sizes)};
  if (auto channels = along_axis(factors, *axis))
    visit.findings.masks.push_back({visit.node.inputs()[input], std::move(*channels)});
}

void elementwise(Visit& visit) {
  require_eval(visit);
  const auto& input = visit.channels(0);
  const bool like_another = visit.node.inputs().size() > 1 && visit.is_tensor(1);
  visit.require(!like_another || visit.node.kind() == c10::aten::type_as ||
                    visit.node.kind() == c10::aten::to,
                "no rule");
  visit.give({input.ids, like_another ? input.known : run_on_known(visit, 0)});
}

}  // namespace

void binary(Visit& visit) {
  if (!visit.is_tensor(1)) return elementwise(visit);
  const auto &a = visit.channels(0), &b = visit.channels(1);
  const auto sizes = visit.output_sizes();
  const bool a_constant = visit.is_constant(0), b_constant = visit.is_constant(1);
  const auto& activation = a_constant ? b : a;
  const bool sliceable = a_constant || b_constant;
  const Channels output = {
      sliceable ? activation.ids.expand(sizes) : ids_of_two(visit, a.ids, b.ids, sizes),
      known_result(visit, a.known, b.known, sizes)};
  visit.give(output);
  if (!sliceable && visit.gather != Gather::Off)
    visit.edit(
        [output, a = Channels(a), b = Channels(b)](Rewrite& rewrite, const Arguments& arguments) {
          pick_operand(rewrite, arguments.node, 0, a, output);
          pick_operand(rewrite, arguments.node, 1, b, output);
        });
  if (!sliceable) return;
  note_mask(visit, a_constant ? 0 : 1, Channels(activation));
  slice_constant(visit, a_constant ? 0 : 1, output);
}

namespace {

void prelu(Visit& visit) {
  const auto weight = visit.constant(1).detach().to(at::kCPU, at::kDouble);
  const Channels input = visit.channels(0);
  const auto known = at::prelu(input.known, weight);
  visit.give({input.ids, at::where(input.known.isnan(), input.known, known)});
  if (weight.numel() == 1) return;
  visit.edit([input](Rewrite& rewrite, const Arguments& arguments) {
    const auto index = rewrite.kept(input, 1);
    if (index.defined()) rewrite.set(arguments.node, 1, sliced(arguments.constant(1), 0, index));
  });
}

}  // namespace

Rows elementwise_rows() {
  return {
      {{"aten::relu",
        "aten::relu6",
        "aten::hardswish",
        "aten::hardsigmoid",
        "aten::hardtanh",
        "aten::silu",
        "aten::gelu",
        "aten::sigmoid",
        "aten::tanh",
        "aten::leaky_relu",
        "aten::elu",
        "aten::selu",
        "aten::celu",
        "aten::mish",
        "aten::softplus",
        "aten::hardshrink",
        "aten::softshrink",
        "aten::threshold",
        "aten::log_sigmoid",
        "aten::clamp",
        "aten::clamp_min",
        "aten::clamp_max",
        "aten::abs",
        "aten::neg",
        "aten::exp",
        "aten::log",
        "aten::sqrt",
        "aten::rsqrt",
        "aten::square",
        "aten::reciprocal",
        "aten::rsub",
        "aten::sin",
        "aten::cos",
        "aten::erf",
        "aten::floor",
        "aten::round",
        "aten::dropout",
        "aten::feature_dropout",
        "aten::to",
        "aten::type_as",
        "aten::float",
        "aten::half",
        "aten::double",
        "aten::rrelu",
        "aten::log1p",
        "aten::log2",
        "aten::log10",
        "aten::exp2",
        "aten::expm1",
        "aten::erfc",
        "aten::ceil",
        "aten::trunc",
        "aten::frac",
        "aten::sign",
        "aten::tan",
        "aten::atan",
        "aten::asin",
        "aten::acos",
        "aten::sinh",
        "aten::cosh",
        "aten::logit",
        "aten::nan_to_num",
        "aten::logical_not",
        "aten::isnan",
        "aten::isinf",
        "aten::isfinite",
        "aten::fake_quantize_per_tensor_affine"},
       elementwise,
       free_of_macs},
      {{"aten::add", "aten::sub", "aten::mul", "aten::div", "aten::maximum", "aten::minimum",
        "aten::pow", "aten::gt", "aten::ge", "aten::lt", "aten::le", "aten::eq", "aten::ne",
        "aten::remainder", "aten::fmod", "aten::floor_divide", "aten::atan2", "aten::hypot"},
       binary,
       free_of_macs},
      {{"aten::prelu"}, prelu, free_of_macs},
  };
}

}  // namespace actsparse::rules
