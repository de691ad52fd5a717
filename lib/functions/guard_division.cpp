#include "functions/guard_division.h"

#include <torch/csrc/jit/runtime/operator.h>

#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace actsparse {
namespace {

using torch::jit::Operator;
using torch::jit::Stack;

bool divides_integers(const Operator& op) {
  const auto& arguments = op.schema().arguments();
  return !op.isC10Op() && arguments.size() == 2 &&
         arguments[0].type()->kind() == c10::TypeKind::IntType &&
         arguments[1].type()->kind() == c10::TypeKind::IntType;
}

void check_division(const Stack& stack) {
  const int64_t divided = stack[stack.size() - 2].toInt(), by = stack.back().toInt();
  if (by == 0) throw std::runtime_error("integer division by zero");
  if (by == -1 && divided == std::numeric_limits<int64_t>::min())
    throw std::runtime_error("integer division overflows");
}

void guard(const Operator& op) {
  const auto schema = op.schema();
  auto original = op.getOperation();
  torch::jit::deregisterOperator(schema);
  torch::jit::registerOperator(Operator(
      schema.name(), schema.overload_name(), schema.arguments(), schema.returns(),
      [original = std::move(original)](Stack& stack) mutable {
        check_division(stack);
        original(stack);
      },
      schema.aliasAnalysis()));
}

bool guard_all() {
  for (const char* name : {"aten::remainder", "aten::floordiv", "aten::divmod"}) {
    const auto operators = torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name));
    for (const auto& op : operators)
      if (divides_integers(*op)) guard(*op);
  }
  return true;
}

}  // namespace

void guard_division() {
  static const bool guarded = guard_all();
  static_cast<void>(guarded);
}

}  // namespace actsparse
