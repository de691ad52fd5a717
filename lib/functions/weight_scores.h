#pragma once
// reduce_fn that look at the weights which read a channel.
#include <nlohmann/json.hpp>
#include <vector>

#include "functions/registry.h"

namespace actsparse {

/// "weighted": |aggregate| times a norm of the weights that read the channel. Wanda (Sun et al.
/// 2023, arXiv 2306.11695) with "rms" and norm 1; FLAP (An et al. 2023, arXiv 2312.11983) with
/// "var", norm 2 and power 2.
ScoreRow weighted_row();

/// "removal_error": of a gram, what the layer's output loses when the channel goes and those that
/// are left make up for it (removal_order.h), relative to the output's mean square. float64, one
/// score per channel, in the shape that a mask of them has. It grows in the order of removal, so
/// that one gram and one decomposition give every sparsity.
ScoreRow removal_error_row();

}  // namespace actsparse
