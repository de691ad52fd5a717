#include "compact/arguments.h"

#include <torch/csrc/jit/ir/constants.h>

namespace actsparse {

size_t Arguments::input(const char* argument) const {
  const auto* schema = node.maybeSchema();
  require(schema != nullptr, "no rule");
  const auto index = schema->argumentIndexWithName(argument);
  require(index.has_value(), "no rule");
  return static_cast<size_t>(*index);
}

at::Tensor Arguments::constant(size_t input) const {
  const auto value = torch::jit::toIValue(node.inputs().at(input));
  require(value && value->isTensor() && value->toTensor().defined(), "its weight is not constant");
  return value->toTensor();
}

at::Tensor Arguments::optional_constant(size_t input) const {
  const auto value = torch::jit::toIValue(node.inputs().at(input));
  require(value.has_value(), "its weight is not constant");
  return value->isTensor() ? value->toTensor() : at::Tensor();
}

}  // namespace actsparse
