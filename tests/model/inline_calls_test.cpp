#include "model/inline_calls.h"

#include <ATen/ATen.h>

#include "model/run_method.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

std::string inlined(const Module& model) {
  const auto graph = model.get_method("forward").graph()->copy();
  inline_calls(*graph);
  return graph->toString(/*print_source_locations=*/false);
}

}  // namespace

TEST_CASE("Calls within calls are inlined, whether or not the model has run", "[model]") {
  for (const bool has_run : {false, true}) {
    INFO("has run: " << has_run);
    Module model = nested();
    if (has_run) run_method(model, "forward", {tensor1d({1, 2})});
    const std::string before = all_graphs(model);
    REQUIRE(contains(before, "prim::CallMethod"));
    CHECK_FALSE(contains(inlined(model), "prim::CallMethod"));
    CHECK(all_graphs(model) == before);
  }
}

TEST_CASE("Calls in branches are inlined", "[model]") {
  const Module model = make_module("Model",
                                   "def twice(self, x: Tensor) -> Tensor:\n"
                                   "  return x + x\n"
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  if bool(x.sum() > 0):\n"
                                   "    x = self.twice(x)\n"
                                   "  return x\n");
  CHECK_FALSE(contains(inlined(model), "prim::CallMethod"));
}
