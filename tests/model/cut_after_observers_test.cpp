#include "model/cut_after_observers.h"

#include <torch/csrc/jit/ir/irparser.h>
#include <torch/csrc/jit/passes/canonicalize.h>

#include "model/observe_op.h"
#include "support/catch.h"

using namespace actsparse;
using torch::jit::Graph;

namespace {

std::string cut(const std::string& text) {
  observe_op();  // the parser must know both
  watch_op();
  auto graph = std::make_shared<Graph>();
  torch::jit::parseIR(text, graph.get());
  cut_after_observers(graph);
  graph->lint();
  return torch::jit::Canonicalize(graph, /*keep_unique_names=*/false)->toString(false);
}

}  // namespace

TEST_CASE("a graph is cut after its last observer", "[model]") {
  CHECK(cut(R"IR(
graph(%x : Tensor):
  %one : int = prim::Constant[value=1]()
  %a : Tensor = aten::relu(%x)
  %unused : Tensor = aten::sigmoid(%a)
  %b : Tensor = actsparse::observe(%a, %one)
  %c : Tensor = aten::tanh(%b)
  return (%c))IR") ==
        "graph(%0 : Tensor):\n"
        "  %1 : int = prim::Constant[value=1]()\n"
        "  %2 : int[] = prim::ListConstruct()\n"
        "  %3 : Tensor = aten::relu(%0)\n"
        "   = actsparse::watch(%3, %1, %2)\n"
        "  return (%2)\n");
}

TEST_CASE("observers in a branch keep the branch, and what it depends on", "[model]") {
  const std::string graph = cut(R"IR(
graph(%x : Tensor, %flag : bool):
  %one : int = prim::Constant[value=1]()
  %y : Tensor = prim::If(%flag)
    block0():
      %a : Tensor = actsparse::observe(%x, %one)
      %b : Tensor = aten::relu(%a)
      -> (%b)
    block1():
      %c : Tensor = aten::tanh(%x)
      -> (%c)
  %d : Tensor = aten::sigmoid(%y)
  return (%d))IR");
  CHECK(graph.find("prim::If") != std::string::npos);
  CHECK(graph.find("actsparse::watch(%0, %") != std::string::npos);
  for (const char* gone : {"aten::relu", "aten::tanh", "aten::sigmoid", "actsparse::observe"}) {
    INFO(graph);
    CHECK(graph.find(gone) == std::string::npos);
  }
}

TEST_CASE("what is written in place before an observer stays, what comes after goes", "[model]") {
  const std::string graph = cut(R"IR(
graph(%x : Tensor):
  %one : int = prim::Constant[value=1]()
  %a : Tensor = aten::tanh(%x)
  %b : Tensor = aten::relu_(%a)
  %c : Tensor = actsparse::observe(%a, %one)
  %d : Tensor = aten::sigmoid_(%c)
  return (%d))IR");
  INFO(graph);
  CHECK(graph.find("aten::relu_") < graph.find("actsparse::watch"));
  CHECK(graph.find("aten::sigmoid_") > graph.find("actsparse::watch"));  // kept or gone
}
