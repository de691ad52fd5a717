#pragma once
// A mask as part of the weight of the operator that reads what is masked.
#include "compact/arguments.h"

namespace actsparse {

/// Whether a node's operator has a weight (input 1) that masks of input 0 can become part of.
bool has_foldable_weight(const torch::jit::Node& node);

/// `weight` of an operator such that it gives without the mask what it gave for input 0 times
/// `mask`. `rank`: the dimensions of input 0. Exact but for inf and NaN, and for the rounding of
/// factors that are neither 0 nor 1. Throws NotUnderstood, with why, if the node has none,
/// or the mask varies along another axis than that of the channels.
at::Tensor folded_weight(const Arguments& arguments, const at::Tensor& weight,
                         const at::Tensor& mask, int64_t rank);

}  // namespace actsparse
