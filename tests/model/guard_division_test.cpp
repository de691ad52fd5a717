#include "model/guard_division.h"

#include <torch/csrc/jit/runtime/operator.h>

#include "model/compile_source.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

double computed(const std::string& expression) {
  const auto functions = compile_source(
      "f.py", "def f(x: Tensor, n: int = 7) -> Tensor:\n  return x * (" + expression + ")\n");
  return functions.at(0).call({tensor1d({1})}, {}).toTensor().item<double>();
}

std::vector<std::string> overloads(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& op : torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name)))
    names.push_back(op->schema().overload_name());
  return names;
}

}  // namespace

TEST_CASE("division of integers gives what it gave", "[model]") {
  CHECK(computed("-n % 3") == 2);
  CHECK(computed("-n // 2") == -4);
  CHECK(computed("-7 % 3") == 2);  // while it is compiled
  CHECK(computed("n // 2.0") == 3);
  CHECK(computed("n % 2.5") == 2);
  CHECK(computed("divmod(n, 2)[0]") == 3);
  CHECK(computed("torch.ones([n // 2, n % 4]).numel()") == 9);  // still integers
}

TEST_CASE("division that would end the process is an error", "[model]") {
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

TEST_CASE("source resolves to the same overloads as without the guard", "[model]") {
  guard_division();
  const std::vector<std::string> scalars = {"int", "float", "int_float", "float_int", ""};
  for (const char* name : {"aten::remainder", "aten::floordiv"}) {
    const auto all = overloads(name);
    REQUIRE(all.size() >= scalars.size());
    CHECK(std::vector<std::string>(all.end() - 5, all.end()) == scalars);
  }
}
