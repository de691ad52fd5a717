#include "model/compile_source.h"

#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

const char* const fns = R"(
def scaled(x: Tensor, by: float = 2.0) -> Tensor:
    assert x.dim() == 1, "1-d only"
    return x * by

def twice(x: Tensor) -> Tensor:
    return scaled(scaled(x))
)";

std::string source_refusal(const std::string& text) {
  const Error error = error_of([&] { compile_source("fns.py", text); });
  CHECK(error.kind() == ErrorKind::Function);
  return error.what();
}

}  // namespace

TEST_CASE("functions are told in the order of the text, with schema and call", "[model]") {
  const auto functions = compile_source("fns.py", fns);
  REQUIRE(functions.size() == 2);
  CHECK(functions[0].name == "scaled");
  CHECK(functions[0].schema.arguments().at(1).name() == "by");
  const auto x = tensor1d({1, 2});
  CHECK(functions[0].call({x}, {}).toTensor().equal(tensor1d({2, 4})));
  CHECK(functions[0].call({x}, {{"by", 3.0}}).toTensor().equal(tensor1d({3, 6})));
  CHECK(functions[1].call({x}, {}).toTensor().equal(tensor1d({4, 8})));
}

TEST_CASE("a compiled function outlives the others of its source", "[model]") {
  const CompiledFunction last = compile_source("fns.py", fns).back();
  CHECK(last.call({tensor1d({1})}, {}).toTensor().item<double>() == 4);
}

TEST_CASE("what a function throws is told by its cause", "[model]") {
  const auto functions = compile_source("fns.py", fns);
  const Error error = error_of([&] { functions[1].call({normal({2, 2}, 1)}, {}); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(error.what() == std::string("AssertionError: 1-d only"));
  CHECK(contains(error.details(), "Traceback"));
}

TEST_CASE("source that does not compile is refused with label and line", "[model]") {
  CHECK(contains(source_refusal("def f(x: Tensor) -> Tensor:\n    return y\n"),
                 "fns.py, line 2: does not compile: undefined value y"));
  CHECK(contains(source_refusal("import torch\n"), "no imports"));
  CHECK(contains(source_refusal("def f(x: Tensor) -> Tensor:\n    return " + std::string(300, '(') +
                                "x" + std::string(300, ')') + "\n"),
                 "nested too deeply"));
}

TEST_CASE("a function that reaches for files is refused, also inside a branch", "[model]") {
  CHECK(contains(source_refusal("def f(x: Tensor) -> Tensor:\n"
                                "    if x.dim() > 0:\n"
                                "        x = torch.from_file(\"a\", False, 1)\n"
                                "    return x\n"),
                 "'f' calls from_file, which reaches beyond tensors"));
}
