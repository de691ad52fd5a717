#include "functions/guard_division.h"

#include <torch/csrc/jit/runtime/operator.h>

#include "functions/helpers.h"
#include "support/catch.h"

using namespace actsparse;
using Values = std::vector<double>;

namespace {

Values computed(const std::string& expression) {
  FunctionTable table;
  table.add_source(
      {"f.py", "def f(x: Tensor, n: int = 7) -> Tensor:\n  return x * (" + expression + ")\n"});
  return flat(table.reduce(named("f"))(tensor_of({1})));
}

std::vector<std::string> overloads(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& op : torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name)))
    names.push_back(op->schema().overload_name());
  return names;
}

}  // namespace

TEST_CASE("division of integers gives what it gave", "[functions]") {
  CHECK(computed("-n % 3") == Values{2});
  CHECK(computed("-n // 2") == Values{-4});
  CHECK(computed("-7 % 3") == Values{2});  // while it is compiled
  CHECK(computed("n // 2.0") == Values{3});
  CHECK(computed("n % 2.5") == Values{2});
  CHECK(computed("divmod(n, 2)[0]") == Values{3});
  CHECK(computed("torch.ones([n // 2, n % 4]).numel()") == Values{9});  // still integers
}

TEST_CASE("division that would end the process is an error", "[functions]") {
  const std::string least = "(-9223372036854775807 - 1)";
  for (const auto& expression :
       {std::string("1 % 0"), std::string("1 // 0"), std::string("n % (n - 7)"),
        std::string("n // (n - n)"), std::string("divmod(n, 0)[1]"), least + " // -1",
        least + " % -1", least + " // (n - 8)"}) {
    INFO(expression);
    const Error error = error_of([&] { computed(expression); });
    CHECK(error.kind() == ErrorKind::Function);
    CHECK(contains(error.what(), "division"));
  }
}

TEST_CASE("source resolves to the same overloads as without the guard", "[functions]") {
  guard_division();
  const std::vector<std::string> scalars = {"int", "float", "int_float", "float_int", ""};
  for (const char* name : {"aten::remainder", "aten::floordiv"}) {
    const auto all = overloads(name);
    REQUIRE(all.size() >= scalars.size());
    CHECK(std::vector<std::string>(all.end() - 5, all.end()) == scalars);
  }
}
