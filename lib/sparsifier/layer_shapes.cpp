#include "sparsifier/layer_shapes.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/error.h"
#include "functions/tensors.h"

namespace actsparse {

void check_features(const MergedSettings& settings) {
  if (!settings.features) return;
  if (!settings.feature_dim) throw Error(ErrorKind::Config, "need feature_dim to select features");
  const auto& features = *settings.features;
  for (auto feature = features.begin(); feature != features.end(); ++feature) {
    if (*feature < 0)
      throw Error(
          ErrorKind::Config,
          fmt::format("feature {} is negative; count from the first, which is 0", *feature));
    if (std::find(features.begin(), feature, *feature) != feature)
      throw Error(ErrorKind::Config, fmt::format("feature {} is listed twice", *feature));
  }
}

void check_feature_range(const MergedSettings& settings, const std::vector<int64_t>& shape) {
  if (!settings.features) return;
  const int64_t dim = *settings.feature_dim, dims = static_cast<int64_t>(shape.size());
  if (dim < -dims || dim >= dims)
    throw Error(ErrorKind::Config,
                fmt::format("feature_dim {} is out of range for an input of shape {}", dim,
                            shape_text(shape)));
  const int64_t size = shape[static_cast<size_t>(dim < 0 ? dim + dims : dim)];
  for (const int64_t feature : *settings.features)
    if (feature >= size)
      throw Error(ErrorKind::Config,
                  fmt::format("feature {} is out of range: the input of shape {} has {} along "
                              "feature_dim {}",
                              feature, shape_text(shape), size, dim));
}

size_t feature_dimension(const LayerStatistics& layer, const MergedSettings& settings) {
  const int64_t dim = *settings.feature_dim;
  return static_cast<size_t>(dim < 0 ? dim + static_cast<int64_t>(layer.input_shape.size()) : dim);
}

std::vector<int64_t> masked_shape(const LayerStatistics& layer, const MergedSettings& settings) {
  auto shape = layer.input_shape;
  if (settings.features) shape.at(feature_dimension(layer, settings)) = 1;
  return shape;
}

bool broadcasts_to(const std::vector<int64_t>& mask, const std::vector<int64_t>& shape) {
  if (mask.size() > shape.size()) return false;
  const size_t offset = shape.size() - mask.size();
  for (size_t d = 0; d < mask.size(); ++d)
    if (mask[d] != 1 && mask[d] != shape[offset + d]) return false;
  return true;
}

}  // namespace actsparse
