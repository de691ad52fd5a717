#include "model/observe_op.h"

#include <torch/csrc/jit/runtime/operator.h>

#include <stdexcept>

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

at::Tensor observe(const at::Tensor& x, int64_t id) {
  const auto operators = torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(observe_op()));
  torch::jit::Stack stack{x, id};
  operators.at(0)->getOperation()(stack);
  REQUIRE(stack.size() == 1);
  return stack[0].toTensor();
}

}  // namespace

TEST_CASE("the operator calls its observer and returns its very input", "[model]") {
  at::Tensor seen;
  const RegisteredObserver observer([&](const at::Tensor& x) { seen = x; });
  const at::Tensor x = tensor1d({1, 2});
  CHECK(observe(x, observer.id()).is_same(x));
  CHECK(seen.is_same(x));
}

TEST_CASE("the operator is registered once and conservatively", "[model]") {
  CHECK(std::string(observe_op()) == "actsparse::observe");
  const auto operators = torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(observe_op()));
  REQUIRE(operators.size() == 1);
  CHECK(operators[0]->aliasAnalysisKind() == c10::AliasAnalysisKind::CONSERVATIVE);
}

TEST_CASE("each observer has its own number", "[model]") {
  int first = 0, second = 0;
  const RegisteredObserver a([&](const at::Tensor&) { ++first; });
  const RegisteredObserver b([&](const at::Tensor&) { ++second; });
  CHECK(a.id() != b.id());
  observe(tensor1d({1}), b.id());
  CHECK(first == 0);
  CHECK(second == 1);
}

TEST_CASE("an observer's failure is kept with its type until it is fetched, once", "[model]") {
  int calls = 0;
  RegisteredObserver observer([&](const at::Tensor&) {
    ++calls;
    throw std::out_of_range("mine");
  });
  CHECK_THROWS(observe(tensor1d({1}), observer.id()));
  observe(tensor1d({1}), observer.id());  // a broken observer is not called again meanwhile
  CHECK(calls == 1);
  CHECK_THROWS_AS(observer.rethrow(), std::out_of_range);
  CHECK_NOTHROW(observer.rethrow());
  CHECK_THROWS(observe(tensor1d({1}), observer.id()));
  CHECK(calls == 2);
}

TEST_CASE("a graph that outlives its observer fails with a reason", "[model]") {
  int64_t id = 0;
  {
    const RegisteredObserver observer([](const at::Tensor&) {});
    id = observer.id();
  }
  CHECK_THROWS_WITH(observe(tensor1d({1}), id), "actsparse::observe outlived its observer");
}
