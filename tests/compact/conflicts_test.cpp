#include "compact/conflicts.h"

#include "compact/nets.h"
#include "compact/rewrite.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Node;

namespace {

// The layer a, which multiplies with its weight, called twice; b once.
torch::jit::Module twice() {
  return net("  return self.b.forward(self.a.forward(self.a.forward(x)))\n", {},
             {{"a", scale(2)}, {"b", scale(3)}});
}

// A model on its way to a smaller one with modules, to be changed by `rewrite`.
struct Scene {
  explicit Scene(const torch::jit::Module& module)
      : numbered(number_nodes(module)), flat(flatten(numbered.module, "forward")) {
    nodes.assign(flat.graph->nodes().begin(), flat.graph->nodes().end());
    for (Node* node : nodes)
      if (node->kind() == c10::aten::mul) products.push_back(node);
  }

  PinnedNodes find() { return conflicts(numbered, flat, nodes, rewrite.changes()); }

  NumberedModel numbered;
  FlatModel flat;
  std::vector<Node*> nodes, products;  // two of a, one of b
  Trace values = Trace(std::vector<Trace::Values>(1));
  Ids ids;
  Solution solution = Solution(ids);
  Rewrite rewrite = Rewrite(flat, values, solution);
};

}  // namespace

TEST_CASE("changes of code that runs once do not conflict", "[compact]") {
  Scene scene(twice());
  REQUIRE(scene.products.size() == 3);
  scene.rewrite.bypass(*scene.products[2], 0);
  CHECK(scene.find().empty());
}

TEST_CASE("code that runs twice takes the same change twice, but not once", "[compact]") {
  Scene both(twice()), one(twice());
  both.rewrite.bypass(*both.products[0], 0);
  both.rewrite.bypass(*both.products[1], 0);
  CHECK(both.find().empty());
  one.rewrite.bypass(*one.products[0], 0);
  const auto found = one.find();
  REQUIRE(found.size() == 2);
  for (const size_t call : {0, 1})
    CHECK(found.at(one.products[call]) == "its code runs several times, for other channels");
}

TEST_CASE("a tensor that is read twice takes one new value, but not two", "[compact]") {
  Scene same(twice()), other(twice());
  for (const size_t call : {0, 1}) {
    same.rewrite.set(*same.products[call], 1, tensor1d({5}));
    other.rewrite.set(*other.products[call], 1, tensor1d({5.0 + static_cast<double>(call)}));
  }
  CHECK(same.find().empty());
  const auto found = other.find();
  REQUIRE(found.size() == 2);
  CHECK(found.at(other.products[0]) == "its tensors are read several times, for other channels");
}

TEST_CASE("a node that a pass has made has no code to change", "[compact]") {
  Scene scene(twice());
  const torch::jit::WithInsertPoint guard(scene.products[0]);
  Node* const made = scene.flat.graph->insertNode(
      scene.flat.graph->create(c10::aten::relu, {scene.products[0]->inputs()[0]}));
  scene.rewrite.bypass(*made, 0);
  CHECK(scene.find().at(made) == "it is not code of a module");
}

TEST_CASE("a change of a named tensor is told from one of the code", "[compact]") {
  Scene scene(twice());
  const Node& product = *scene.products[2];
  const auto of_weight =
      changed_tensors(scene.flat, product, {Change::Kind::Input, 1, 0, tensor1d({5})});
  REQUIRE(of_weight.size() == 1);
  CHECK(of_weight[0].name.path == "b.weight");
  CHECK(changed_tensors(scene.flat, product, {Change::Kind::Bypass, 0}).empty());
}
