#include "repair/walk.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "compact/flat_model.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Node;

namespace {

const auto walk_folder = std::filesystem::temp_directory_path();

std::vector<Node*> nodes_of(const FlatModel& model, c10::Symbol kind) {
  std::vector<Node*> found;
  for (Node* node : model.graph->nodes())
    if (node->kind() == kind) found.push_back(node);
  return found;
}

Walk walk_of(const FlatModel& model, const std::vector<at::Tensor>& batches) {
  Walk walk(model.graph, walk_folder);
  for (const auto& batch : batches) walk.add({model.module._ivalue(), batch});
  return walk;
}

}  // namespace

TEST_CASE("a graph walked in parts gives what it gives at once", "[repair]") {
  const auto module =
      net("  a = torch.linear(x, self.w1)\n"
          "  n = a.size(0)\n"
          "  b = torch.linear(torch.relu(a), self.w2)\n"
          "  if n > 2:\n"
          "    b = b + a\n"
          "  return torch.linear(b, self.w1) + x * n\n",
          {{"w1", weight({4, 4})}, {"w2", weight({4, 4}, 2)}});
  const FlatModel model = flatten(module, "forward");
  const auto linears = nodes_of(model, c10::aten::linear);
  REQUIRE(linears.size() == 3);
  const std::vector<at::Tensor> batches = {normal({2, 4}, 1), normal({5, 4}, 2)};
  Walk walk = walk_of(model, batches);
  for (Node* node : linears) {
    walk.go_to(node, {node->inputs()[0]});
    for (size_t i = 0; i < batches.size(); ++i) CHECK(walk.run(i)[0].toTensor().size(1) == 4);
  }
  walk.go_to(nullptr, {model.graph->outputs()[0]});
  for (size_t i = 0; i < batches.size(); ++i)
    CHECK(bit_equal(walk.run(i)[0].toTensor(), run_forward(module, batches[i])));
}

TEST_CASE("what is changed between parts holds from there on", "[repair]") {
  const auto module = net("  return torch.linear(torch.relu(torch.linear(x, self.w1)), self.w2)\n",
                          {{"w1", weight({4, 4})}, {"w2", weight({4, 4}, 2)}});
  FlatModel model = flatten(module, "forward");
  const auto linears = nodes_of(model, c10::aten::linear);
  const auto x = normal({3, 4}, 1);
  Walk walk = walk_of(model, {x});
  walk.go_to(linears[1], {});
  walk.run(0);
  {
    const torch::jit::WithInsertPoint guard(linears[1]);
    linears[1]->replaceInput(1, model.graph->insertConstant(at::zeros({4, 4})));
  }
  walk.go_to(nullptr, {model.graph->outputs()[0]});
  CHECK(walk.run(0)[0].toTensor().abs().sum().item<double>() == 0);
}

TEST_CASE("a graph that writes to its values is run from its start", "[repair]") {
  const auto module =
      net("  a = torch.linear(x, self.w1)\n"
          "  rows = a[0]\n"
          "  rows.fill_(2.0)\n"
          "  return torch.linear(a, self.w2) + a.sum()\n",
          {{"w1", weight({4, 4})}, {"w2", weight({4, 4}, 2)}});
  const FlatModel model = flatten(module, "forward");
  const auto x = normal({3, 4}, 1);
  Walk walk = walk_of(model, {x});
  for (Node* node : nodes_of(model, c10::aten::linear)) {
    walk.go_to(node, {});
    walk.run(0);
  }
  walk.go_to(nullptr, {model.graph->outputs()[0]});
  CHECK(bit_equal(walk.run(0)[0].toTensor(), run_forward(module, x)));
}

TEST_CASE("what depends on a node is known", "[repair]") {
  const auto module =
      net("  a = torch.linear(x, self.w1)\n"
          "  b = torch.linear(x, self.w2)\n"
          "  return torch.relu(a) + torch.sigmoid(x) + b\n",
          {{"w1", weight({4, 4})}, {"w2", weight({4, 4}, 2)}});
  const FlatModel model = flatten(module, "forward");
  const auto linears = nodes_of(model, c10::aten::linear);
  const Walk walk = walk_of(model, {});
  Node& start = *linears[0];
  const auto output = [&](c10::Symbol kind) { return nodes_of(model, kind).at(0)->output(); };
  CHECK(walk.is_free(start, {output(c10::aten::sigmoid)}, {linears[0], linears[1]}));
  CHECK_FALSE(walk.is_free(start, {output(c10::aten::relu)}, {linears[0]}));
  CHECK(walk.is_free(start, {output(c10::aten::relu)}, {linears[1]}));
}
