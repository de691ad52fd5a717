#pragma once
// mask_fn with `dynamic`: what of an input passes is decided when it comes, number by number, by a
// threshold that calibration has found.
#include <ATen/core/Tensor.h>

#include "config/config.h"
#include "functions/functions.h"
#include "record/gate.h"
#include "record/weights.h"

namespace actsparse {

/// Whether mask_fn is asked to look at each input.
bool is_dynamic(const MergedSettings& settings);

/// Throws Error(Config) if mask_fn is dynamic, but its score cannot be made of single inputs
/// (reduce_fn other than identity and weighted), a quantile has no histogram to be found in, or
/// features or align are given.
void check_dynamic(const MergedSettings& settings);

/// What single inputs' |x| are multiplied with before they are cut: what reduce_fn makes of ones.
/// float64 [channels, 1, ...], to be broadcast to the input; undefined where it needs no weight.
/// `weight` has `by_input`, or is null where it is not needed.
at::Tensor score_factors(const MergedSettings& settings, const FunctionTable& functions,
                         const LayerWeight* weight);

/// The gate of a layer whose mask_fn is dynamic. `data`: what aggregate_fn keeps; `factors`:
/// score_factors(); `dtype`: of the layer's input, and of the gate's tensors. A histogram's cells
/// are one distribution of all that entered the layer (statistics/histogram_mixture.h). Throws
/// Error(Function) if `dtype` is no floating one, or a histogram does not keep the channels that
/// the factors are of, or has seen NaN or infinity; Error(State) if it is damaged.
ThresholdGate threshold_gate(const MergedSettings& settings, const at::Tensor& data,
                             const at::Tensor& factors, at::ScalarType dtype);

}  // namespace actsparse
