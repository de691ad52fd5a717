#include "compact/trace.h"

#include <torch/csrc/jit/runtime/operator.h>

#include "compact/nets.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

// y = relu(x W); z a list of both; n the number of rows.
FlatModel flat_net() {
  return flatten(net("  y = torch.relu(torch.matmul(x, self.w))\n"
                     "  z = [x, y]\n"
                     "  n = x.size(0)\n"
                     "  return torch.cat(z, 1) * n\n",
                     {{"w", weight({3, 4})}}),
                 "forward");
}

const torch::jit::Value* output_of(const FlatModel& flat, const char* kind) {
  for (const auto* node : flat.graph->nodes())
    if (node->kind() == c10::Symbol::fromQualString(kind)) return node->output();
  return nullptr;
}

std::vector<c10::IValue> rows(int64_t count) { return {normal({count, 3}, 1)}; }

}  // namespace

TEST_CASE("a trace holds sizes and dtypes of all values, but no data", "[compact]") {
  FlatModel flat = flat_net();
  const std::string before = flat.graph->toString();
  const Trace values = trace(flat, {rows(2)});
  const auto* y = values.value(output_of(flat, "aten::relu"));
  REQUIRE(y != nullptr);
  CHECK(y->toTensor().is_meta());
  CHECK(y->toTensor().sizes() == at::IntArrayRef({2, 4}));
  CHECK(y->toTensor().scalar_type() == at::kFloat);
  CHECK(values.value(output_of(flat, "aten::size"))->toInt() == 2);
  CHECK(values.value(output_of(flat, "prim::ListConstruct"))->toTensorVector().size() == 2);
  CHECK(flat.graph->toString() == before);
}

TEST_CASE("a second batch of another size tells what depends on the size", "[compact]") {
  FlatModel flat = flat_net();
  const auto* y = output_of(flat, "aten::relu");
  const auto* n = output_of(flat, "aten::size");
  const Trace one = trace(flat, {rows(2)});
  CHECK(one.is_static(y));
  CHECK(one.is_static(n));
  const Trace two = trace(flat, {rows(2), rows(5)});
  CHECK_FALSE(two.is_static(y));
  CHECK_FALSE(two.is_static(n));
  CHECK_FALSE(two.is_static(y, 0));
  CHECK(two.is_static(y, 1));
  CHECK(two.is_static(output_of(flat, "prim::ListConstruct"), 1, 1));
  CHECK(two.value(n)->toInt() == 2);  // of the first
}

TEST_CASE("a later batch that the model does not take is left out, a first one is an error",
          "[compact]") {
  FlatModel flat = flat_net();
  const std::vector<c10::IValue> wrong = {normal({2, 7}, 1)};
  CHECK(trace(flat, {rows(2), wrong}).is_static(output_of(flat, "aten::size")));
  CHECK(error_of([&] { trace(flat, {wrong}); }).kind() == ErrorKind::Data);
}

TEST_CASE("after a run that throws nothing is recorded into what is gone", "[compact]") {
  FlatModel flat = flat_net();
  CHECK_THROWS_AS(trace(flat, {{normal({2, 7}, 1)}}), Error);
  const auto ops = torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString("actsparse::record"));
  REQUIRE(ops.size() == 1);
  torch::jit::Stack stack = {tensor1d({1}), int64_t{0}};
  CHECK(error_of([&] { ops[0]->getOperation()(stack); }).kind() == ErrorKind::Internal);
}

TEST_CASE("dictionaries are recorded without data, and compared by what they hold", "[compact]") {
  FlatModel flat = flatten(net("  d = {'a': torch.relu(x)}\n  d['a'] = torch.tanh(x)\n"
                               "  return d['a']\n",
                               {}),
                           "forward");
  const auto* d = output_of(flat, "prim::DictConstruct");
  REQUIRE(d != nullptr);
  const Trace values = trace(flat, {rows(2), rows(2)});
  CHECK(values.value(d)->toGenericDict().at("a").toTensor().is_meta());
  CHECK(values.is_static(d));
  CHECK_FALSE(trace(flat, {rows(2), rows(3)}).is_static(d));
}

TEST_CASE("of a NestedTensor nothing is known, and what comes of it is", "[compact]") {
  FlatModel flat = flatten(nesting(), "forward");
  const Trace values = trace(flat, {{normal({2, 3, 4}, 1)}});
  const auto* nested = output_of(flat, "aten::_nested_tensor_from_mask");
  const auto* padded = output_of(flat, "aten::nested_to_padded_tensor");
  REQUIRE(nested != nullptr);
  REQUIRE(padded != nullptr);
  CHECK(values.sizes(nested).empty());
  CHECK(values.sizes(padded) == at::IntArrayRef({2, 3, 4}));
}
