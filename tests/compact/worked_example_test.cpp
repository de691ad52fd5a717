// The example of docs/architecture.md: each step gives what stands there.
#include "compact/analysis.h"
#include "compact/branches.h"
#include "compact/compact.h"
#include "compact/explain.h"
#include "compact/flat_text.h"
#include "compact/fold_masks.h"
#include "compact/nets.h"
#include "model/apply_masks.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;
using torch::jit::Node;

namespace {

Module conv(int64_t out, int64_t in, const Tensors& bias = {}) {
  Module module("__torch__.Conv2d");
  module.register_parameter("weight", weight({out, in, 1, 1}), false);
  for (const auto& [name, tensor] : bias) module.register_parameter(name, tensor, false);
  module.define("def forward(self, x: Tensor) -> Tensor:\n  return torch.conv2d(x, self.weight" +
                std::string(bias.empty() ? "" : ", self.bias") + ")\n");
  return module;
}

Module masked_net() {
  const auto plain =
      net("  a = torch.relu(self.conv1.forward(x))\n"
          "  return self.conv3.forward(a + self.conv2.forward(a))\n",
          {},
          {{"conv1", conv(4, 3, {{"bias", weight({4})}})},
           {"conv2", conv(4, 4)},
           {"conv3", conv(2, 4)}});
  return apply_masks(plain, {{{"conv2", int64_t{0}}, mask(4, {0, 2}, 2)},
                             {{"conv3", int64_t{0}}, mask(4, {1, 2}, 2)}});
}

std::vector<int64_t> numbers(const at::Tensor& tensor) {
  const at::Tensor all = tensor.contiguous();
  return {all.data_ptr<int64_t>(), all.data_ptr<int64_t>() + all.numel()};
}

using Numbers = std::vector<int64_t>;

struct Analysed {
  FlatModel flat = flatten(masked_net(), "forward");
  Trace values = decide_branches(flat, {{normal({2, 3, 8, 8}, 1)}});
  Findings findings = analyse(flat, values);
  std::vector<const Node*> nodes = without_constants();

  std::vector<const Node*> without_constants() const {
    std::vector<const Node*> found;
    for (const auto* node : flat.graph->nodes())
      if (node->kind() != c10::prim::Constant && node->kind() != c10::prim::ListConstruct)
        found.push_back(node);
    return found;
  }
  Numbers ids(size_t node) const {
    const auto& channels = findings.values.at(nodes.at(node)->output()).channels;
    return numbers(along_axis(channels, 1)->ids);
  }
};

}  // namespace

TEST_CASE("the worked example, flat", "[compact]") {
  const std::string text = flat_text(masked_net());
  INFO(text);
  CHECK(contains(text, "%1 = conv2d(x, conv1.weight[4, 3, 1, 1], conv1.bias[4]"));
  CHECK(contains(text, "%2 = relu(%1)"));
  CHECK(contains(text, "%3 = mul(%2, conv2.activation_mask[4, 1, 1])"));
  CHECK(contains(text, "%4 = conv2d(%3, conv2.weight[4, 4, 1, 1], None"));
  CHECK(contains(text, "%5 = add(%2, %4, 1)"));
  CHECK(contains(text, "%6 = mul(%5, conv3.activation_mask[4, 1, 1])"));
  CHECK(contains(text, "%7 = conv2d(%6, conv3.weight[2, 4, 1, 1], None"));
}

TEST_CASE("the worked example, its ids and its needs", "[compact]") {
  const Analysed example;
  REQUIRE(example.nodes.size() == 7);
  for (const size_t node : {0, 1, 2, 4, 5}) CHECK(example.ids(node) == Numbers{2, 3, 4, 5});
  CHECK(example.ids(3) == Numbers{6, 7, 8, 9});
  CHECK(example.ids(6) == Numbers{10, 11});
  for (const int64_t id : {2, 3, 4, 5}) CHECK(example.findings.ids.root(id + 4) == id);
  std::vector<std::pair<Numbers, Numbers>> needs;
  for (const auto& need : example.findings.constraints.needs)
    needs.emplace_back(need.when, need.then);
  CHECK(needs == std::vector<std::pair<Numbers, Numbers>>{{{0}, {1}},
                                                          {{2, 3, 4, 5}, {1}},
                                                          {{6, 7, 8, 9}, {3, 5}},
                                                          {{10, 11}, {2, 5}},
                                                          {{0}, {10, 11}}});
}

TEST_CASE("the worked example, solved and explained", "[compact]") {
  const Analysed example;
  const auto& ids = example.findings.ids;
  const auto solution = solve(ids, example.findings.constraints);
  for (int64_t id = 0; id < ids.size(); ++id) {
    INFO(id);
    CHECK(solution.is_kept(id) == (id != 4 && id != 8));
  }
  const auto masks = explain(example.flat, example.findings, solution);
  REQUIRE(masks.size() == 2);
  using Kept = decltype(masks[0].kept);
  CHECK(masks[0].removed == 1);
  CHECK(masks[0].kept == Kept{{1, "read by 'conv3'"}});
  CHECK(masks[1].removed == 1);
  CHECK(masks[1].kept == Kept{{1, "read by 'conv2'"}});
}

TEST_CASE("the worked example, rewritten and folded", "[compact]") {
  Analysed example;
  const auto solution = solve(example.findings.ids, example.findings.constraints);
  Rewrite rewrite(example.flat, example.values, solution);
  for (const auto& edit : example.findings.edits) edit(rewrite);
  const auto at = [&](size_t node, size_t input) {
    return std::pair(example.nodes.at(node), input);
  };
  const auto places = [&] {
    std::vector<std::pair<const Node*, size_t>> found;
    for (const auto& [node, change] : rewrite.changes()) found.emplace_back(node, change.place);
    return found;
  };
  std::vector<std::pair<const Node*, size_t>> expected = {at(0, 1), at(0, 2), at(2, 1),
                                                          at(3, 1), at(5, 1), at(6, 1)};
  CHECK(places() == expected);
  fold_masks(example.flat, rewrite, example.values, {});
  expected.insert(expected.end(), {at(3, 1), at(2, 0), at(6, 1), at(5, 0)});
  CHECK(places() == expected);
}

TEST_CASE("the worked example, small, with its modules and flat", "[compact]") {
  for (const bool keeps_modules : {true, false}) {
    const auto result = compacted(masked_net(), {3, 8, 8}, {1e-5, "off", keeps_modules});
    CHECK(shapes(result.module) == Shapes{{"conv1.weight", {3, 3, 1, 1}},
                                          {"conv1.bias", {3}},
                                          {"conv2.weight", {3, 3, 1, 1}},
                                          {"conv3.weight", {2, 3, 1, 1}}});
  }
}
