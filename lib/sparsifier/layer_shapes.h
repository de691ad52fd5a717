#pragma once
// How features, masks and inputs of a layer lie to each other.
#include <cstdint>
#include <vector>

#include "config/config.h"
#include "record/statistics.h"

namespace actsparse {

/// Throws Error(Config) if features lack feature_dim, or one is negative or listed twice.
void check_features(const MergedSettings& settings);

/// Throws Error(Config) if feature_dim or a feature is out of range for an input of `shape`.
void check_feature_range(const MergedSettings& settings, const std::vector<int64_t>& shape);

/// feature_dim of a layer with features, counted from the front. The layer must have been called.
size_t feature_dimension(const LayerStatistics& layer, const MergedSettings& settings);

/// Shape of what one mask is multiplied with: the input's, or one feature's slice of it.
std::vector<int64_t> masked_shape(const LayerStatistics& layer, const MergedSettings& settings);

/// True if a tensor of `shape` keeps it when multiplied by a mask of these sizes.
bool broadcasts_to(const std::vector<int64_t>& mask, const std::vector<int64_t>& shape);

}  // namespace actsparse
