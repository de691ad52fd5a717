#include "compact/fold_masks.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "compact/compare.h"
#include "compact/named_module.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

// forward(x): z of x [2, 4, 3, 3] times a mask that drops the channels 1 and 2.
Module masked(const std::string& z, const at::Tensor& factors = mask(4, {1, 2}, 2)) {
  return net("  m = x * self.activation_mask\n  return " + z + "\n",
             {{"activation_mask", factors},
              {"w", weight({5, 4, 1, 1})},
              {"grouped", weight({6, 2, 1, 1})},
              {"back", weight({4, 5, 1, 1})},
              {"fc", weight({5, 3})}});
}

struct Folded {
  size_t products = 0;  // multiplications that are left
  Module module;
};

Folded folded(const Module& model, bool is_pinned = false) {
  FlatModel flat = flatten(model, "forward");
  const Trace values = trace(flat, {{normal({2, 4, 3, 3}, 7)}});
  const Ids ids;
  const Solution solution(ids);
  Rewrite rewrite(flat, values, solution);
  PinnedNodes pinned;
  for (const auto* node : flat.graph->nodes())
    if (is_pinned && node->kind() == c10::aten::conv2d) pinned[node] = "by the test";
  fold_masks(flat, rewrite, values, pinned);
  torch::jit::EliminateDeadCode(flat.graph);
  size_t products = 0;
  for (const auto* node : flat.graph->nodes()) products += node->kind() == c10::aten::mul;
  Module module = named_module(flat);
  CHECK(compare_outputs(model, module, {normal({2, 4, 3, 3}, 8)}).relative < 1e-6);
  return {products, module};
}

}  // namespace

TEST_CASE("masks go into the columns of convolutions and linear layers", "[compact]") {
  const auto conv = folded(masked("torch.conv2d(m, self.w)"));
  CHECK(conv.products == 0);
  const auto columns = conv.module.attr("w").toTensor();
  CHECK(columns.select(1, 1).abs().max().item<double>() == 0);
  CHECK(columns.select(1, 0).equal(weight({5, 4, 1, 1}).select(1, 0)));
  CHECK(folded(masked("torch.conv2d(m, self.grouped, None, [1, 1], [0, 0], [1, 1], 2)")).products ==
        0);
  CHECK(folded(masked("torch.linear(m, self.fc)", tensor1d({1, 0, 2}).to(at::kFloat))).products ==
        0);
}

TEST_CASE("a mask stays where something else reads the product", "[compact]") {
  CHECK(folded(masked("torch.conv2d(m, self.w).sum() + m")).products == 1);
  CHECK(folded(masked("torch.relu(m)")).products == 1);
  CHECK(folded(masked("torch.conv_transpose2d(m, self.back)")).products == 1);
  CHECK(folded(masked("torch.conv2d(m, self.w)", weight({4, 3, 3}))).products == 1);
}

TEST_CASE("a mask that several layers read goes into all of them", "[compact]") {
  CHECK(folded(masked("torch.conv2d(m, self.w) + torch.conv2d(m, self.w)")).products == 0);
}

TEST_CASE("a mask of ones is dropped whatever reads it", "[compact]") {
  CHECK(folded(masked("torch.relu(m)", mask(4, {}, 2))).products == 0);
}

TEST_CASE("nothing is changed at a pinned node", "[compact]") {
  CHECK(folded(masked("torch.conv2d(m, self.w)"), true).products == 1);
}
