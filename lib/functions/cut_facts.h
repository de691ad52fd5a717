#pragma once
// What the rows of mask_fn say that can be dynamic (functions/dynamic_masks.h).
#include "functions/registry.h"

namespace actsparse {

/// The parameter `dynamic`.
ParameterRule dynamic_rule();

/// A cut at the parameter `threshold`.
ScoreFacts cut_at_threshold();
/// A cut at the quantile `q` of the scores: that share is asked for if it is dynamic.
ScoreFacts cut_at_quantile();

}  // namespace actsparse
