#pragma once
// From a node of a flat graph to the parameters that can be solved for.
#include <optional>
#include <string>

#include "compact/flat_model.h"
#include "repair/masked_operator.h"

namespace actsparse {

/// Whether read_operator() may know such a node.
bool is_readable(const torch::jit::Node& node);

struct ReadOperator {
  std::optional<MaskedOperator> found;  ///< `layer` is the weight's owner
  std::string reason;                   ///< why nothing was
};

/// A node of the graph, which computes with parameters of the model's that are constants.
ReadOperator read_operator(const FlatModel& model, torch::jit::Node& node);

/// The tensor that a constant is; undefined if it is none.
at::Tensor constant_tensor(const torch::jit::Value& value);

}  // namespace actsparse
