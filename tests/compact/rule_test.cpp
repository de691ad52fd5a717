#include "compact/rule.h"

#include <ATen/TensorOperators.h>

#include <type_traits>

#include "compact/nets.h"
#include "compact/rules/rows.h"
#include "support/catch.h"

namespace actsparse {
void add_sample_rule();  // sample_rule.cpp
}

using namespace actsparse;

namespace {

// 4 channels of 3 x 3, of which the last layer's mask drops two; `code` makes z of y.
torch::jit::Module net_with(const std::string& code) {
  return net("  y = torch.conv2d(x, self.w1)\n  " + code +
                 "\n  return torch.conv2d(z * self.activation_mask, self.w2)\n",
             {{"w1", weight({4, 2, 1, 1})},
              {"w2", weight({3, 4, 1, 1})},
              {"activation_mask", mask(4, {0, 3}, 2)}});
}

OperatorRule row(const char* name) {
  const auto* found = find_rule(c10::Symbol::fromQualString(name));
  REQUIRE(found != nullptr);
  return *found;
}

}  // namespace

TEST_CASE("a rule from outside the library is applied, and its cost counted", "[compact]") {
  add_sample_rule();
  const auto result = compacted(net_with("z = torch.cumprod(y, 3)"), {2, 3, 3});
  CHECK(result.masks.at(0).removed == 2);
  CHECK(shapes(result.module).at("w1") == std::vector<int64_t>{2, 2, 1, 1});
  const int64_t samples = 2, plane = 9;  // w1, cumprod, w2
  CHECK(result.macs_before == samples * plane * (4 * 2 + 4 + 3 * 4));
  CHECK(result.macs_after == samples * plane * (2 * 2 + 2 + 3 * 2));
}

TEST_CASE("where the rule from outside gives up, its reason is told", "[compact]") {
  add_sample_rule();
  const auto result = compacted(net_with("z = torch.cumprod(y, 1)"), {2, 3, 3});
  CHECK(result.masks.at(0).removed == 0);
  REQUIRE(result.masks.at(0).kept.size() == 1);
  CHECK(result.masks.at(0).kept[0].second ==
        "made by aten::cumprod: it multiplies channels with each other");
}

TEST_CASE("a row without a cost or a rule does not compile", "[compact]") {
  using Names = std::vector<std::string>;
  STATIC_REQUIRE(std::is_constructible_v<OperatorRule, Names, Rule, Cost>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<OperatorRule, Names, Rule>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<OperatorRule, Names>);
  STATIC_REQUIRE_FALSE(std::is_default_constructible_v<OperatorRule>);
}

TEST_CASE("no operator stands in two rows, so that none is shadowed", "[compact]") {
  std::map<std::string, int> seen;
  for (const auto rows_of_file : rules::all_rows)
    for (const auto& each : rows_of_file())
      for (const auto& name : each.operators) ++seen[name];
  CHECK(seen.size() > 100);
  for (const auto& [name, count] : seen) {
    INFO(name);
    CHECK(count == 1);
  }
}

TEST_CASE("products of matrices have a cost", "[compact]") {
  for (const char* name : {"aten::matmul", "aten::bmm", "aten::baddbmm", "aten::einsum",
                           "aten::scaled_dot_product_attention"})
    CHECK(row(name).cost != free_of_macs);
  CHECK(row("aten::relu").cost == free_of_macs);
}

TEST_CASE("convolutions say where their channels are, and untransposed ones take masks",
          "[compact]") {
  CHECK(row("aten::conv2d").channel_axis == 1);
  CHECK(row("aten::linear").channel_axis == -1);
  CHECK(row("aten::linear").fold != nullptr);
  CHECK(row("aten::relu").fold == nullptr);
}
