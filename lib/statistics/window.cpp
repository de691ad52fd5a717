#include "statistics/window.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/zeros.h>

#include <limits>

namespace actsparse {
namespace {

constexpr int64_t kToTheEnd = std::numeric_limits<int64_t>::max();

void fill(std::vector<int64_t>& values, size_t count, int64_t otherwise) {
  if (values.empty()) values.push_back(otherwise);
  if (values.size() == 1) values.resize(count, values.front());
}

// Without a batch dimension it is a batch of one.
at::Tensor batched(const at::Tensor& input, const Window& window) {
  const auto spatial = static_cast<int64_t>(window.kernel.size());
  return input.dim() == spatial + 1 ? input.unsqueeze(0) : input;
}

// A transposed convolution is one with a plain window over the input with zeros between.
at::Tensor spread_out(const at::Tensor& input, const Window& window) {
  auto sizes = input.sizes().vec();
  for (size_t i = 0; i < window.spread.size(); ++i)
    sizes[i + 2] = (sizes[i + 2] - 1) * window.spread[i] + 1;
  if (input.sizes() == at::IntArrayRef(sizes)) return input;
  at::Tensor wide = at::zeros(sizes, input.options()), places = wide;
  for (size_t i = 0; i < window.spread.size(); ++i)
    places = places.slice(static_cast<int64_t>(i) + 2, 0, kToTheEnd, window.spread[i]);
  places.copy_(input);
  return wide;
}

at::Tensor padded(const at::Tensor& input, const Window& window) {
  std::vector<int64_t> padding;  // the last dimension first
  bool any = false;
  for (size_t i = window.kernel.size(); i-- > 0;) {
    padding.push_back(window.before[i]);
    padding.push_back(window.after[i]);
    any = any || window.before[i] != 0 || window.after[i] != 0;
  }
  return any ? at::constant_pad_nd(input, padding) : input;
}

// [samples, channels, places..., taps...], without a copy.
at::Tensor patches(const at::Tensor& input, const Window& window) {
  at::Tensor found = input;
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    const int64_t reach = window.dilation[i] * (window.kernel[i] - 1) + 1;
    found = found.unfold(static_cast<int64_t>(i) + 2, reach, window.stride[i])
                .slice(-1, 0, kToTheEnd, window.dilation[i]);
  }
  return found;
}

// [samples, channels, places..., taps...] as [channels, taps..., samples, places...].
at::Tensor columns_first(const at::Tensor& patches, int64_t spatial) {
  std::vector<int64_t> order = {1};
  for (int64_t i = 0; i < spatial; ++i) order.push_back(2 + spatial + i);
  order.push_back(0);
  for (int64_t i = 0; i < spatial; ++i) order.push_back(2 + i);
  return patches.permute(order);
}

at::Tensor doubles(const at::Tensor& tensor, at::IntArrayRef shape) {
  return tensor.to(tensor.options().dtype(at::kDouble), false, false, at::MemoryFormat::Contiguous)
      .reshape(shape);
}

}  // namespace

Window window_of(ConvolutionArguments arguments) {
  auto& [kernel, stride, padding, dilation, output_padding, groups, transposed] = arguments;
  const size_t count = kernel.size();
  fill(stride, count, 1);
  fill(padding, count, 0);
  fill(dilation, count, 1);
  fill(output_padding, count, 0);
  Window window{groups, transposed, kernel, stride, dilation, padding, padding, {}};
  window.spread.assign(count, 1);
  if (!transposed) return window;
  window.stride.assign(count, 1);
  window.spread = stride;
  for (size_t i = 0; i < count; ++i) {
    window.before[i] = dilation[i] * (kernel[i] - 1) - padding[i];
    window.after[i] = window.before[i] + output_padding[i];
  }
  return window;
}

at::Tensor columns(const at::Tensor& input, const Window& window, const at::Tensor& channels) {
  const auto kept = [&](const at::Tensor& all, int64_t dim) {
    return channels.defined() ? all.index_select(dim, channels) : all;
  };
  if (window.is_matrix()) {
    const at::Tensor rows =
        kept(input, -1).reshape({-1, channels.defined() ? channels.numel() : input.size(-1)});
    return doubles(rows.t(), {1, rows.size(1), rows.size(0)});
  }
  const at::Tensor wide = padded(spread_out(kept(batched(input, window), 1), window), window);
  const auto spatial = static_cast<int64_t>(window.kernel.size());
  const at::Tensor found = columns_first(patches(wide, window), spatial);
  int64_t taps = 1;
  for (const int64_t size : window.kernel) taps *= size;
  return doubles(found, {window.groups, wide.size(1) / window.groups * taps, -1});
}

at::Tensor outputs(const at::Tensor& output, const Window& window) {
  if (window.is_matrix()) {
    const at::Tensor rows = output.reshape({-1, output.size(-1)});
    return doubles(rows.t(), {1, rows.size(1), rows.size(0)});
  }
  const at::Tensor all = batched(output, window).transpose(0, 1);
  return doubles(all, {window.groups, all.size(0) / window.groups, -1});
}

at::Tensor grouped(const at::Tensor& weight, const Window& window) {
  if (window.is_matrix()) return weight.reshape({1, weight.size(0), weight.size(1), 1});
  const auto split =
      weight.reshape({window.groups, weight.size(0) / window.groups, weight.size(1), -1});
  return window.transposed ? split.transpose(1, 2).flip(3) : split;
}

at::Tensor ungrouped(const at::Tensor& grouped, const Window& window, const at::Tensor& like) {
  const at::Tensor own = window.transposed ? grouped.flip(3).transpose(1, 2) : grouped;
  return own.reshape(like.sizes()).to(like.options()).contiguous();
}

int64_t channel_dim(const at::Tensor& input, const Window& window) {
  if (window.is_matrix()) return input.dim() - 1;
  return input.dim() - static_cast<int64_t>(window.kernel.size()) - 1;
}

}  // namespace actsparse
