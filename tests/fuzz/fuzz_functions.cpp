#include "functions/user_functions.h"
#include "fuzz/check.h"
#include "fuzz/targets.h"

namespace actsparse {
namespace {

nlohmann::json example_values(const std::vector<ParameterRule>& rules) {
  nlohmann::json values = nlohmann::json::object();
  for (const auto& rule : rules)
    values[rule.name] = rule.required ? rule.example : rule.default_value;
  return values;
}

// Bound, but not called: what a function computes is its author's business.
template <class Row>
void bind(const std::optional<Row>& row) {
  if (row) row->make(example_values(row->parameters));
}

}  // namespace

void fuzz_functions(const std::string& bytes) {
  read_or_refuse([&] {
    for (const auto& function : compile_functions({"functions.py", bytes})) {
      bind(function.aggregate);
      bind(function.reduce_or_mask);
    }
  });
}

}  // namespace actsparse
