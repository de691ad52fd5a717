#include "sparsifier/mask_buffer.h"

#include <ATen/ops/ones.h>

#include <algorithm>

#include "base/error.h"
#include "sparsifier/layer_shapes.h"

namespace actsparse {
namespace {

// Right-aligned like broadcasting: ones are put before.
at::Tensor with_dims(const at::Tensor& mask, int64_t dims) {
  std::vector<int64_t> shape(static_cast<size_t>(dims - mask.dim()), 1);
  shape.insert(shape.end(), mask.sizes().begin(), mask.sizes().end());
  return mask.reshape(shape);
}

Error unfit(const LayerRecord& layer, const char* how) {
  return Error(ErrorKind::Function,
               layer_text(layer.site.layer) + ": the masks of its features " + how);
}

at::Tensor merge_features(const LayerRecord& layer, const std::vector<at::Tensor>& masks) {
  const auto dims = static_cast<int64_t>(layer.input_shape.size());
  const size_t dim = feature_dimension(layer, layer.settings);
  std::vector<int64_t> shape(static_cast<size_t>(dims), 1);
  std::vector<at::Tensor> slices;
  for (const auto& mask : masks) {
    slices.push_back(with_dims(mask, dims));
    for (int64_t d = 0; d < dims; ++d)
      shape[static_cast<size_t>(d)] =
          std::max(shape[static_cast<size_t>(d)], slices.back().size(d));
  }
  if (shape.at(dim) != 1) throw unfit(layer, "vary along feature_dim");
  for (const auto& slice : slices)
    if (!broadcasts_to(slice.sizes().vec(), shape)) throw unfit(layer, "do not fit each other");
  shape[dim] = layer.input_shape[dim];
  const at::Tensor merged = at::ones(shape, masks.front().options());
  for (size_t i = 0; i < slices.size(); ++i)
    merged.narrow(static_cast<int64_t>(dim), layer.settings.features->at(i), 1).copy_(slices[i]);
  return merged;
}

}  // namespace

std::optional<MaskSite> mask_site(const LayerRecord& layer) {
  if (layer.settings.features && layer.settings.features->empty()) return std::nullopt;
  if (!layer.gate) {
    const std::vector<int64_t> ones(layer.input_shape.size(), 1);
    return MaskSite{layer.site, at::ones(ones, *layer.input_dtype)};
  }
  if (const auto* gate = std::get_if<ThresholdGate>(&*layer.gate))
    return MaskSite{layer.site, {}, *gate};
  const TensorOrList& masks = mask_of(*layer.gate);
  if (const auto* mask = std::get_if<at::Tensor>(&masks)) return MaskSite{layer.site, *mask};
  return MaskSite{layer.site, merge_features(layer, std::get<std::vector<at::Tensor>>(masks))};
}

}  // namespace actsparse
