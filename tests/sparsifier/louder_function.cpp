// A function from outside the library, as CONTRIBUTING.md shows it: |aggregate| * the largest |x|
// that was seen * the sum of |weight|. It needs all that a function can be given.
#include "sparsifier/louder_function.h"

#include <ATen/TensorOperators.h>

namespace actsparse {
namespace {

ReduceFn make_louder(const nlohmann::json& /*values*/) {
  return [](const Evidence& layer) {
    return layer.value.abs() * layer.statistics.at("largest") * layer.weight.abs().sum();
  };
}

Needs what_louder_needs() {
  const FunctionConfig largest{"abs_max", {{"except_dim", {-1}}}, ""};
  return {{{"largest", largest}}, /*weight=*/true};
}

}  // namespace

std::unique_ptr<RegisterFunction> register_louder() {
  ScoreRow row{"louder", "|x| * the largest |x| * the sum of |weight|", {}, make_louder};
  row.facts.needs = what_louder_needs();
  return std::make_unique<RegisterFunction>(FunctionKind::Reduce, std::move(row));
}

}  // namespace actsparse
