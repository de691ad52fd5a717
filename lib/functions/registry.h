#pragma once
// The built-in functions, one table of rows per kind. All that is to be known of a function is in
// its row: to add one, add a row to its table, or, from a source outside this library, a
// RegisterFunction.
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "functions/functions.h"
#include "functions/parameters.h"
#include "statistics/statistic.h"

namespace actsparse {

/// What else is known of an aggregate_fn.
struct AggregateFacts {
  /// Whose data it keeps, if another function's: "mean" keeps what "sum" keeps. Only such functions
  /// can take each other's place when a state is stepped.
  std::string keeps_data_of = {};
  /// Parameters that only value() asks, so that they can change when a state is stepped.
  std::vector<std::string> only_in_value = {};
  /// Parameters in whose `true` a layer puts what it knows when it is registered: with an object
  /// there the data is what it is with `true`.
  std::vector<std::string> told_by_layer = {};
};

/// What else is known of a reduce_fn or mask_fn.
struct ScoreFacts {
  Needs needs = {};
  bool ranks = true;  ///< see ranks()
  /// From all parameters, as written in the config, to the sparsity asked for: see
  /// requested_sparsity(). Empty: it depends on the data.
  std::function<std::optional<double>(const nlohmann::json& parameters)> sparsity = {};
  Scale scale = Scale::Mean;
  std::string of_aggregate = {};  ///< the only aggregate_fn whose value it takes; empty: any
  /// Of a mask_fn with the parameter `dynamic` (functions/dynamic_masks.h): where it cuts |x|, from
  /// all parameters, as written in the config.
  std::function<HistogramQuestion(const nlohmann::json& parameters)> cut = {};
  /// Of a reduce_fn: of every number it makes that number, or |x| times what it makes of ones if it
  /// needs the weights by input, so that it can be asked of single inputs too.
  bool scales = false;
};

template <class Fn, class Facts>
struct FunctionRow {
  std::string name;
  std::string description;
  std::vector<ParameterRule> parameters;
  /// Gets one value per rule, as read_parameters returns them. Throws Error(Config), without path,
  /// if values do not go together.
  std::function<Fn(const nlohmann::json& values)> make;
  Facts facts = {};
};

using AggregateRow = FunctionRow<AggregateFn, AggregateFacts>;
/// ReduceFn and MaskFn are of one type; their tables tell them apart.
using ScoreRow = FunctionRow<ReduceFn, ScoreFacts>;

/// What else is known of a metric.
struct MetricFacts {
  bool takes_labels = false;
};
using MetricRow = FunctionRow<MetricFn, MetricFacts>;

/// The tables.
std::vector<AggregateRow>& aggregate_rows();
std::vector<ScoreRow>& reduce_rows();
std::vector<ScoreRow>& mask_rows();

/// The row of that name; null if there is none.
template <class Row>
const Row* find_row(const std::vector<Row>& rows, const std::string& name) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

/// A function of a C++ program's own: as long as this object lives, it is in its table. Make it
/// before any config is read, and on one thread. Throws Error(Usage) if the name is taken, the kind
/// wrong, or a statistic that it needs is called as aggregate_fn's own.
class RegisterFunction {
 public:
  explicit RegisterFunction(AggregateRow row);
  /// `kind` is Reduce or Mask.
  RegisterFunction(FunctionKind kind, ScoreRow row);
  ~RegisterFunction();
  RegisterFunction(const RegisterFunction&) = delete;
  RegisterFunction& operator=(const RegisterFunction&) = delete;

 private:
  FunctionKind kind_;
  std::string name_;
};

/// All parameters of a mask_fn, as written: its own, then those of sparse_config.
nlohmann::json mask_parameters(const MergedSettings& settings);

/// Adds `more` to `needs`. Throws Error(Config) if two statistics of one name differ.
void add_needs(Needs& needs, const Needs& more);

/// "init" of an aggregate_fn: "zeros" (the reference's start) or "first" (the first input).
ParameterRule init_rule(const std::string& default_value);

}  // namespace actsparse
