#include "report/channel_map.h"

#include <algorithm>

#include "sparsifier/mask_buffer.h"

namespace actsparse {
namespace {

// More do not fit on a line, and each is a byte of the page.
constexpr int64_t kMostCells = 128;

bool starts_as(const std::string& text, const char* start) { return text.rfind(start, 0) == 0; }

// Counted from the last dimension. Where nothing has looked for the channels they are where layers
// of this kind and of this shape usually have them.
int64_t channel_axis(const LayerRecord& layer) {
  const auto dims = static_cast<int64_t>(layer.input_shape.size());
  if (layer.channels) return layer.channels->axis - dims;
  if (starts_as(layer.type, "Conv1d") || starts_as(layer.type, "ConvTranspose1d")) return -2;
  if (starts_as(layer.type, "Conv3d") || dims == 5) return -4;
  return starts_as(layer.type, "Conv") || dims == 4 ? -3 : -1;
}

// Over all other dimensions; the whole mask's elements if it has no channels.
at::Tensor kept_of_channels(const at::Tensor& mask, int64_t axis, ChannelMap& map) {
  const at::Tensor kept = mask.ne(0).to(at::kDouble);
  map.are_channels = kept.dim() >= -axis && (kept.size(axis) > 1 || kept.numel() == 1);
  if (!map.are_channels) return kept.flatten();
  return kept.movedim(axis, 0).reshape({kept.size(axis), -1}).mean(1);
}

std::vector<double> in_cells(const at::Tensor& kept) {
  const int64_t channels = kept.numel(), cells = std::min(channels, kMostCells);
  std::vector<double> shares;
  for (int64_t cell = 0; cell < cells; ++cell) {
    const int64_t begin = cell * channels / cells, end = (cell + 1) * channels / cells;
    shares.push_back(kept.narrow(0, begin, end - begin).mean().item<double>());
  }
  return shares;
}

}  // namespace

std::optional<ChannelMap> channel_map(const LayerRecord& layer) {
  if (!layer.gate) return std::nullopt;
  const auto site = mask_site(layer);
  if (!site || !site->mask.defined() || site->mask.numel() == 0) return std::nullopt;
  ChannelMap map;
  const at::Tensor kept = kept_of_channels(site->mask.cpu(), channel_axis(layer), map);
  map.channels = kept.numel();
  map.kept = in_cells(kept.contiguous());
  return map;
}

}  // namespace actsparse
