#pragma once
// What a calibration has seen of the layers: plain data, without the model.
#include <ATen/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "record/layer_channels.h"
#include "record/site.h"
#include "record/tensors.h"

namespace actsparse {

/// What accumulators keep (Aggregate::data()), by name: "data" is aggregate_fn's own, others are
/// those that a layer's reduce_fn or mask_fn needs besides. Empty before the first call.
using Accumulators = std::map<std::string, TensorOrList>;
constexpr const char* kAggregate = "data";

struct LayerStatistics {
  Site site;
  std::string type;  ///< class name
  Accumulators accumulators;
  int64_t calls = 0;                          ///< that the accumulators have taken in
  int64_t empty_calls = 0;                    ///< with a tensor of no elements: no evidence
  std::vector<int64_t> input_shape;           ///< of the last call
  std::optional<at::ScalarType> input_dtype;  ///< nothing before the first call
  std::optional<LayerChannels> channels;      ///< where any layer is aligned
  /// Of a layer whose mask_fn is dynamic, where its score looks at weights: score_factors()
  /// (functions/dynamic_masks.h), which no statistic can tell once the model is gone.
  at::Tensor score_factors = {};

  /// What aggregate_fn keeps; null before the first call.
  const TensorOrList* data() const {
    const auto found = accumulators.find(kAggregate);
    return found == accumulators.end() ? nullptr : &found->second;
  }
};

/// Of the registered layers, in their order.
using Statistics = std::vector<LayerStatistics>;

}  // namespace actsparse
