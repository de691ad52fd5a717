#include "repair/layer_moments.h"

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

}  // namespace

at::Tensor LayerMoments::kept_weight() const {
  at::Tensor weight = grouped(masked_.weight, masked_.window).to(at::kDouble);
  if (kept_.defined()) weight = weight.index_select(2, kept_);
  return weight.flatten(2);
}

void LayerMoments::add(const at::Tensor& input, const at::Tensor& wanted, bool held_out) {
  if (!started_) {
    started_ = true;
    kept_ = kept_channels(masked_, input);
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

}  // namespace actsparse
