#pragma once
// Functions from a user's TorchScript source. Their parameters are read and checked like those of
// built-in ones.
#include <optional>
#include <string>
#include <vector>

#include "functions/functions.h"
#include "functions/registry.h"

namespace actsparse {

/// One top-level function of a source, as the kinds its signature can serve.
struct UserFunction {
  std::string name;
  std::string label;      ///< of the source
  std::string signature;  ///< as LibTorch prints it
  std::optional<AggregateRow> aggregate;
  std::optional<ScoreRow> reduce_or_mask;
  std::optional<MetricRow> metric;  ///< of two tensors, as aggregate_fn are
};

/// Compiles `source`; the functions in the order of the text. Throws Error(Function) with label and
/// line if it does not compile, holds no function, or a parameter has a reserved name.
std::vector<UserFunction> compile_functions(const FunctionSource& source);

/// How accumulators are merged does not change what one keeps.
AggregateFacts user_aggregate_facts();

/// The signature that functions of this kind must have, for messages.
std::string wanted_signature(FunctionKind kind);

}  // namespace actsparse
