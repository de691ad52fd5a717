#pragma once
// An Aggregate of first and second moments: how channels go together, which scores of removal and
// least squares are made of.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "functions/functions.h"
#include "functions/parameters.h"

namespace actsparse {

/// "except_dim" and "patches" of aggregate_fn "gram".
std::vector<ParameterRule> gram_rules();

/// Takes x over all but one dimension, or over the patches of a convolution. Its data() are the
/// sums of (1, x)(1, x)^T, float64 [1 + n, 1 + n]; [groups, 1 + n, 1 + n] for the patches of a
/// grouped convolution. Its value() is their mean: [[1, mu^T], [mu, E x x^T]]. Merging adds, so it
/// is exact to rounding only. Throws Error(Config) if not exactly one of the parameters is given.
/// With "patches": true it cannot take in anything: the layer must have put its geometry there
/// (with_patches).
AggregateFn make_gram(const nlohmann::json& values);

/// Whether it is a gram over patches of which nobody has said yet what they are.
bool lacks_patches(const FunctionConfig& aggregate);
/// The same with the geometry (functions/window_json.h) in the place of `true`.
FunctionConfig with_patches(FunctionConfig aggregate, const nlohmann::json& read_channels);
/// The geometry, or null.
nlohmann::json patches_of(const FunctionConfig& aggregate);

/// What a gram over patches keeps, at most the largest int64; 0 of any other function.
int64_t gram_bytes(const FunctionConfig& aggregate);

}  // namespace actsparse
