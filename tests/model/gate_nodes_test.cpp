#include "model/gate_nodes.h"

#include <torch/csrc/jit/ir/irparser.h>

#include "support/catch.h"

using namespace actsparse;

namespace {

// Of the last operator of a graph with these lines.
std::optional<GateNodes> found_in(const std::string& lines) {
  const auto graph = std::make_shared<torch::jit::Graph>();
  torch::jit::parseIR(
      "graph(%x : Tensor, %y : Tensor, %f : Tensor, %t : Tensor):\n" + lines + "  return (%p)\n",
      graph.get());
  const auto found = gate_nodes(*graph->outputs()[0]->node());
  if (!found) return std::nullopt;
  CHECK(found->input == graph->inputs()[0]);
  CHECK(found->threshold == graph->inputs()[3]);
  CHECK((found->factors == nullptr || found->factors == graph->inputs()[2]));
  GateNodes plain{};  // the graph ends here
  plain.factors = found->factors;
  return plain;
}

const std::string abs_line = "  %a : Tensor = aten::abs(%x)\n";
const std::string product_line = "  %p : Tensor = aten::mul(%x, %g)\n";

}  // namespace

TEST_CASE("a gate is found with and without factors", "[model]") {
  const auto plain = found_in(abs_line + "  %g : Tensor = aten::gt(%a, %t)\n" + product_line);
  REQUIRE(plain);
  CHECK(plain->factors == nullptr);
  const auto weighted = found_in(abs_line + "  %s : Tensor = aten::mul(%a, %f)\n" +
                                 "  %g : Tensor = aten::gt(%s, %t)\n" + product_line);
  REQUIRE(weighted);
  CHECK(weighted->factors != nullptr);
}

TEST_CASE("what only looks like a gate is none", "[model]") {
  CHECK_FALSE(found_in(abs_line + "  %g : Tensor = aten::ge(%a, %t)\n" + product_line));
  CHECK_FALSE(found_in("  %a : Tensor = aten::relu(%x)\n  %g : Tensor = aten::gt(%a, %t)\n" +
                       product_line));
  CHECK_FALSE(
      found_in("  %a : Tensor = aten::abs(%y)\n  %g : Tensor = aten::gt(%a, %t)\n" + product_line));
  CHECK_FALSE(found_in("  %p : Tensor = aten::mul(%x, %f)\n"));
}
