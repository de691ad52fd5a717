#include "model/guard_division.h"

#include <torch/csrc/jit/runtime/operator.h>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace actsparse {
namespace {

using torch::jit::Operator;
using torch::jit::Stack;
using Operators = std::vector<std::shared_ptr<Operator>>;

void check_division(const Stack& stack, bool by_zero_is_fine) {
  const c10::IValue &divided = stack[stack.size() - 2], &by = stack.back();
  if (!divided.isInt() || !by.isInt()) return;
  if (by.toInt() == 0 && !by_zero_is_fine)
    throw std::runtime_error("integer division or modulo by zero");
  if (by.toInt() == -1 && divided.toInt() == std::numeric_limits<int64_t>::min())
    throw std::runtime_error("integer division overflows");
}

void register_guarded(const Operator& op) {
  const auto& schema = op.schema();
  const bool by_zero_is_fine = schema.name() == "aten::gcd";
  torch::jit::registerOperator(Operator(
      schema.name(), schema.overload_name(), schema.arguments(), schema.returns(),
      [original = op.getOperation(), by_zero_is_fine](Stack& stack) mutable {
        check_division(stack, by_zero_is_fine);
        original(stack);
      },
      schema.aliasAnalysis()));
}

// Those of tensors stay. The others come back in their order: source resolves to the first that
// takes its arguments.
Operators guard(const std::string& name) {
  Operators replaced;
  for (const auto& op : torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name)))
    if (!op->isC10Op() && op->schema().arguments().size() == 2) replaced.push_back(op);
  for (const auto& op : replaced) torch::jit::deregisterOperator(op->schema());
  for (const auto& op : replaced) register_guarded(*op);
  return replaced;
}

// Graphs that were made before point to the old ones, so these must live on.
std::vector<Operators> guard_all() {
  return {guard("aten::remainder"), guard("aten::floordiv"), guard("aten::divmod"),
          guard("aten::gcd")};
}

}  // namespace

void guard_division() {
  static const auto* const replaced = new std::vector<Operators>(guard_all());
  static_cast<void>(replaced);
}

}  // namespace actsparse
