// Forked code; test_constructs.py has what torch.jit.script and trace make of torch.jit.fork.
#include "compact/inline_forks.h"

#include <torch/csrc/jit/api/function_impl.h>

#include "compact/flat_model.h"
#include "compact/nets.h"
#include "compact/nodes.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

namespace {

std::shared_ptr<Graph> forward_graph(const torch::jit::Module& model) {
  return torch::jit::toGraphFunction(model.get_method("forward").function()).graph();
}

int count(Graph& graph, const char* kind) {
  int found = 0;
  for_each_node(*graph.block(), [&](const Node& node) {
    found += node.kind() == c10::Symbol::fromQualString(kind);
  });
  return found;
}

Value* put(Node& before, c10::Symbol kind, at::ArrayRef<Value*> inputs, const c10::TypePtr& type) {
  Node* const node = before.owningGraph()->create(kind, inputs);
  return node->insertBefore(&before)->output()->setType(type);
}

// Hands the forked future through a list: fs = []; fs.append(f); wait(fs[0]).
void wait_in_a_list(const torch::jit::Module& model) {
  for_each_node(*forward_graph(model)->block(), [](Node& node) {
    if (node.kind() != c10::aten::wait) return;
    const auto future = node.input()->type(), list = c10::TypePtr(c10::ListType::create(future));
    Value* const futures = put(node, c10::prim::ListConstruct, {}, list);
    put(node, c10::aten::append, {futures, node.input()}, list);
    const torch::jit::WithInsertPoint guard(&node);
    Value* const first = node.owningGraph()->insertConstant(0);
    node.replaceInput(0, put(node, c10::aten::__getitem__, {futures, first}, future));
  });
}

}  // namespace

TEST_CASE("forked code runs in its place", "[compact]") {
  const auto model = forking();
  const auto flat = flatten(model, "forward");
  CHECK(count(*flat.graph, "prim::fork") == 0);
  CHECK(count(*flat.graph, "aten::wait") == 0);
  CHECK(count(*flat.graph, "aten::mul") == 2);
  CHECK(count(*forward_graph(model), "prim::fork") == 1);  // the model itself stays as it was
}

TEST_CASE("a list of futures becomes one of what they hold", "[compact]") {
  const auto model = forking();
  wait_in_a_list(model);
  REQUIRE(bit_equal(run_forward(model, tensor1d({1, 2})), tensor1d({4, 8})));
  const auto flat = flatten(model, "forward");
  CHECK(flat.graph->toString().find("Future") == std::string::npos);
  CHECK(count(*flat.graph, "prim::fork") == 0);
}

TEST_CASE("a model that returns a future is refused", "[compact]") {
  const auto model = forking();
  auto graph = forward_graph(model);
  for (Node* node : graph->nodes())
    if (node->kind() == c10::prim::fork) graph->return_node()->replaceInput(0, node->output());
  const Error error = error_of([&] { flatten(model, "forward"); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "torch.jit.wait"));
}
