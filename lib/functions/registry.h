#pragma once
// The built-in functions, one table of rows per kind. To add a function, add a row.
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "functions/functions.h"
#include "functions/parameters.h"

namespace actsparse {

template <class Fn>
struct Row {
  std::string name;
  std::string description;
  std::vector<ParameterRule> parameters;
  /// Gets one value per rule, as read_parameters returns them. Throws Error(Config), without path,
  /// if values do not go together.
  std::function<Fn(const nlohmann::json& values)> make;
};

const std::vector<Row<AggregateFn>>& builtin_aggregates();
const std::vector<Row<ReduceFn>>& builtin_reduces();
const std::vector<Row<MaskFn>>& builtin_masks();

/// "init" of an aggregate_fn: "zeros" (the reference's start) or "first" (the first input).
ParameterRule init_rule(const std::string& default_value);

}  // namespace actsparse
