#pragma once
// "except_dim": "channels" of an aggregate_fn: whichever dimension holds the channels that the
// layer reads.
#include <cstdint>

#include "config/function_config.h"

namespace actsparse {

bool asks_for_channels(const FunctionConfig& aggregate);

/// The same with `dim`, negative from the last, in the place of "channels"; as it is if it does not
/// ask for them.
FunctionConfig with_channel_dim(FunctionConfig aggregate, int64_t dim);

/// That dimension of `known`, which was made of the same function: its except_dim if it is one
/// number; else the function as it is.
FunctionConfig with_channel_dim_of(FunctionConfig aggregate, const FunctionConfig& known);

}  // namespace actsparse
