#include "compact/rules/contraction.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "compact/macs.h"

namespace actsparse::rules {
namespace {

at::Tensor known_or_zero(const at::Tensor& known) {
  return at::where(known.isnan(), at::zeros_like(known), known);
}

// Which outputs need which inputs: those that they read and whose values are not constant. Bool
// [groups, outputs, inputs].
at::Tensor needs_of(const Contraction& contraction) {
  auto unknown = contraction.known.isnan();
  if (contraction.is_padded) unknown = unknown.logical_or(contraction.known.ne(0));
  return contraction.reads.logical_and(unknown.unsqueeze(1));
}

}  // namespace

at::Tensor contract(Visit& visit, const Contraction& contraction, const at::Tensor& out) {
  const auto& [in, known, weight, reads, bias, is_padded] = contraction;
  const auto needs = needs_of(contraction);
  const auto computed = needs.any(2);
  const bool is_depthwise = in.size(1) == 1 && out.size(1) == 1;
  for (int64_t group = 0; group < in.size(0); ++group) {
    auto when = distinct(out[group].masked_select(computed[group]));
    auto then = distinct(in[group].masked_select(needs[group].any(0)));
    if (is_depthwise)
      visit.follow(std::move(when), std::move(then));
    else
      visit.need(std::move(when), std::move(then));
  }
  const auto values = bias + weight.matmul(known_or_zero(known).unsqueeze(2)).squeeze(2);
  return visit.any_weights ? unknown_like(values)
                           : at::where(computed, unknown_like(values), values);
}

at::Tensor is_among(const at::Tensor& index, const at::Tensor& like) {
  if (!index.defined()) return at::ones(like.sizes(), at::kBool);
  return at::zeros({like.numel()}, at::kBool).index_fill_(0, index, true).view(like.sizes());
}

at::Tensor worth_picking(Gather gather, const Contraction& contraction, const at::Tensor& rows,
                         const at::Tensor& columns, const Reading& reading) {
  if (gather == Gather::Off || contraction.in.size(0) != 1) return {};
  const auto present = is_among(columns, contraction.in)[0];
  const auto needed = sliced(needs_of(contraction)[0], 0, rows).any(0).logical_and(present);
  const auto picked = needed.sum().item<double>(), all = present.sum().item<double>();
  const bool saves =
      (all - picked) * reading.macs_per_input > kMacsPerByte * picked * reading.bytes_per_input;
  if (picked == 0 || picked == all || (gather == Gather::Auto && !saves)) return {};
  return needed.nonzero().flatten();
}

at::Tensor of_removed(const Contraction& contraction, const at::Tensor& kept) {
  const auto values = known_or_zero(contraction.known).masked_fill(kept, 0);
  return contraction.weight.matmul(values.unsqueeze(2)).squeeze(2);
}

at::Tensor masked_columns(const at::Tensor& weight, const at::Tensor& factors, int64_t groups) {
  const auto numbers = factors.to(weight.options());
  if (numbers.numel() == 1) return weight * numbers;
  Arguments::require(numbers.numel() == weight.size(1) * groups,
                     "its mask has more than one number per channel");
  std::vector<int64_t> shape(weight.dim() + 1, 1), split = weight.sizes().vec();
  shape[0] = groups;
  shape[2] = weight.size(1);
  split[0] /= groups;
  split.insert(split.begin(), groups);
  return (weight.reshape(split) * numbers.view(shape)).reshape(weight.sizes());
}

int64_t product(at::IntArrayRef sizes) {
  int64_t result = 1;
  for (const int64_t size : sizes) result *= size;
  return result;
}

Channels spread_over(const at::Tensor& ids, const at::Tensor& known, int64_t axis,
                     at::IntArrayRef sizes) {
  std::vector<int64_t> shape(sizes.size(), 1);
  shape.at(axis) = sizes.at(axis);
  return {ids.reshape(shape).expand(sizes), known.reshape(shape).expand(sizes)};
}

}  // namespace actsparse::rules
