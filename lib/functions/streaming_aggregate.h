#pragma once
// An Aggregate that reduces dimensions inside each call and keeps a statistic per remaining cell:
// what it keeps does not grow, and does not depend on how the samples were batched.
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "functions/functions.h"
#include "functions/parameters.h"
#include "statistics/statistic.h"

namespace actsparse {

/// Which dimensions are reduced: those listed (`dim`), or all but these (`except_dim`).
struct ReducedDims {
  std::vector<int64_t> dims;
  bool all_but = false;
};

/// The parameters "dim" and "except_dim" of an aggregate_fn.
std::vector<ParameterRule> dim_rules();
/// True if either is given.
bool has_dims(const nlohmann::json& values);
/// Throws Error(Config) if both or neither are, or one is listed twice.
ReducedDims read_dims(const nlohmann::json& values);
/// False if these dims surely keep dimension 0, so that all calls must be of one size there.
bool reduces_samples(const ReducedDims& dims);

struct StreamingStatistic {
  std::string name;  ///< for messages
  ReducedDims dims;
  std::function<std::unique_ptr<Statistic>(int64_t cells)> make;
};

/// Its value() is float32, in the shape of the input with every reduced dimension as 1. Its data()
/// is float64 of shape [1 + rows, that shape]: the number of elements in each cell, then the
/// statistic's rows.
std::unique_ptr<Aggregate> streaming_aggregate(std::shared_ptr<const StreamingStatistic> how);

}  // namespace actsparse
