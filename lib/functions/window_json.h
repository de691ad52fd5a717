#pragma once
// The geometry of a convolution among a function's parameters.
#include <nlohmann/json.hpp>

#include "statistics/window.h"

namespace actsparse {

/// What a layer reads, as {"channels", "groups", "transposed", "kernel", "stride", "dilation",
/// "before", "after", "spread"}: see Window. A matrix has empty lists.
struct ReadChannels {
  int64_t channels = 0;
  Window window;
};

nlohmann::json to_json(const ReadChannels& read);
/// Whether it is such an object, with lists of equal length and sizes that make sense.
bool is_read_channels(const nlohmann::json& json);
/// Of one that is.
ReadChannels read_channels_from_json(const nlohmann::json& json);

}  // namespace actsparse
