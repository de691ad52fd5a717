#include "repair/layer_moments.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>

#include <algorithm>

#include "repair/operators.h"

namespace actsparse {
namespace {

constexpr int64_t kChunkBytes = int64_t{32} << 20;

// Samples (or rows, of a matrix) that are made columns at a time.
int64_t chunk_of(const at::Tensor& wanted, const Window& window, int64_t inputs) {
  const int64_t samples = wanted.size(0);
  const int64_t rows = std::max<int64_t>(wanted.numel() / std::max<int64_t>(wanted.size(1), 1), 1);
  const int64_t bytes = 8 * inputs * window.groups * std::max<int64_t>(rows / samples, 1);
  return std::clamp<int64_t>(kChunkBytes / std::max<int64_t>(bytes, 1), 1, samples);
}

// In the form in which dimension 0 holds samples, or rows.
at::Tensor sampled(const at::Tensor& tensor, const MaskedOperator& masked) {
  const Window& window = masked.window;
  if (window.is_matrix()) return tensor.reshape({-1, tensor.size(-1)});
  if (masked.kind == MaskedOperator::Kind::BatchNorm)
    return tensor.reshape({tensor.size(0), tensor.size(1), -1});
  const auto spatial = static_cast<int64_t>(window.kernel.size());
  return tensor.dim() == spatial + 1 ? tensor.unsqueeze(0) : tensor;
}

// What the mask multiplies each of the window's inputs with: [groups, inputs]. Undefined if it is
// not one of channels.
at::Tensor column_factors(const MaskedOperator& masked, const at::Tensor& input, int64_t inputs) {
  const int64_t dim = channel_dim(input, masked.window), channels = input.size(dim);
  const int64_t own = dim - (input.dim() - masked.mask.dim());
  const int64_t size = own < 0 || own >= masked.mask.dim() ? 1 : masked.mask.size(own);
  if (masked.mask.numel() != size || (size != 1 && size != channels)) return {};
  const at::Tensor mask = masked.mask.to(at::kDouble).flatten().expand({channels});
  const int64_t taps = inputs * masked.window.groups / channels;
  return mask.unsqueeze(1).expand({channels, taps}).reshape({masked.window.groups, inputs});
}

// The moments of inputs times factors [groups, inputs]; of those that are picked (undefined: all).
Moments scaled(const Moments& moments, const at::Tensor& factors, const at::Tensor& picked) {
  Moments made = moments;
  made.xx = moments.xx * factors.unsqueeze(2) * factors.unsqueeze(1);
  made.xy = moments.xy * factors.unsqueeze(2);
  made.x = moments.x * factors;
  if (!picked.defined()) return made;
  made.xx = made.xx.index_select(1, picked).index_select(2, picked);
  made.xy = made.xy.index_select(1, picked);
  made.x = made.x.index_select(1, picked);
  return made;
}

}  // namespace

torch::jit::Value* wanted_value(const MaskedOperator& masked) {
  return masked.kind == MaskedOperator::Kind::Recurrent ? masked.node->inputs()[masked.input]
                                                        : masked.node->output();
}

at::Tensor wanted_output(const MaskedOperator& masked, const at::Tensor& value) {
  return masked.kind == MaskedOperator::Kind::Recurrent
             ? at::linear(value, masked.weight, masked.bias)
             : value;
}

at::Tensor LayerMoments::kept_weight() const {
  at::Tensor weight = grouped(masked_.weight, masked_.window).to(at::kDouble);
  if (kept_.defined()) weight = weight.index_select(2, kept_);
  return weight.flatten(2);
}

void LayerMoments::add(const at::Tensor& input, const at::Tensor& wanted, bool held_out) {
  if (!started_) {
    started_ = true;
    kept_ = kept_channels(masked_, input);
    like_ = at::empty({}, input.options()).expand(input.sizes());
    const auto weight = kept_weight().sizes().vec();
    for (Moments* moments : {&fitted_, &held_out_})
      *moments = Moments(weight[0], weight[2], weight[1], input.device());
  }
  const at::Tensor inputs = sampled(input, masked_), all = sampled(wanted, masked_);
  if (all.numel() == 0) return;
  const int64_t chunk = chunk_of(all, masked_.window, fitted_.x.size(1));
  Moments& moments = held_out ? held_out_ : fitted_;
  for (int64_t first = 0; first < all.size(0); first += chunk) {
    const int64_t count = std::min(chunk, all.size(0) - first);
    moments.add(columns(inputs.narrow(0, first, count), masked_.window, kept_),
                outputs(all.narrow(0, first, count), masked_.window));
  }
}

std::optional<LayerMoments> LayerMoments::with_mask(const MaskedOperator& masked) const {
  LayerMoments found(masked);
  if (!started_) return found;
  const at::Tensor factors = column_factors(masked, like_, fitted_.x.size(1));
  if (!factors.defined()) return std::nullopt;
  found.started_ = true;
  found.like_ = like_;
  found.kept_ = kept_channels(masked, like_);
  at::Tensor picked;
  if (found.kept_.defined()) {
    const int64_t taps = fitted_.x.size(1) / like_.size(channel_dim(like_, masked.window));
    picked = at::arange(fitted_.x.size(1), found.kept_.options()).view({-1, taps});
    picked = picked.index_select(0, found.kept_).flatten();
  }
  found.fitted_ = scaled(fitted_, factors, picked);
  found.held_out_ = scaled(held_out_, factors, picked);
  return found;
}

}  // namespace actsparse
