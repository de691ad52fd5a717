#include "model/known_value.h"

#include <torch/csrc/jit/ir/irparser.h>

#include "support/catch.h"

using namespace actsparse;

namespace {

// How `text`, which makes %y of the weight %w, leaves the weight; nothing if it does something
// else.
std::optional<WeightForm> form_of(const std::string& text) {
  torch::jit::Graph graph;
  torch::jit::parseIR(
      "graph(%w : Tensor):\n  %0 : int = prim::Constant[value=0]()\n"
      "  %1 : int = prim::Constant[value=1]()\n"
      "  %3 : int = prim::Constant[value=3]()\n"
      "  %m : int = prim::Constant[value=-1]()\n  " +
          text + "\n  return (%y)\n",
      &graph);
  KnownValues values;
  values[graph.inputs()[0]] = KnownWeight{{}, "weight", AttributePath{}};
  const auto view = weight_view(*graph.outputs()[0]->node(), values);
  return view ? std::optional(view->form) : std::nullopt;
}

}  // namespace

TEST_CASE("transposes turn a weight round, parts of its outputs are still the weight",
          "[model][uses]") {
  CHECK(form_of("%y : Tensor = aten::t(%w)") == WeightForm::Transposed);
  CHECK(form_of("%y : Tensor = aten::transpose(%w, %0, %1)") == WeightForm::Transposed);
  CHECK(form_of("%y : Tensor = aten::transpose(%w, %0, %m)") == WeightForm::Transposed);
  CHECK(form_of("%y : Tensor = aten::transpose(%w, %1, %m)") == WeightForm::Other);
  CHECK(form_of("%y : Tensor[] = aten::chunk(%w, %3, %0)") == WeightForm::AsIs);
  CHECK(form_of("%y : Tensor[] = aten::chunk(%w, %3, %1)") == WeightForm::Other);
  CHECK(form_of("%y : Tensor = aten::unsqueeze(%w, %0)") == WeightForm::Other);
  CHECK(form_of("%y : Tensor = aten::relu(%w)") == std::nullopt);
}

TEST_CASE("branches that give one weight give it together", "[model][uses]") {
  const Known as_is = KnownWeight{{}, "weight", AttributePath{}},
              turned = KnownWeight{{}, "weight", AttributePath{}, WeightForm::Transposed},
              other = KnownWeight{{}, "bias", AttributePath{}};
  CHECK(std::get<KnownWeight>(joined(as_is, Unset{})).form == WeightForm::AsIs);
  CHECK(std::get<KnownWeight>(joined(as_is, turned)).form == WeightForm::Other);
  CHECK(std::holds_alternative<std::monostate>(joined(as_is, other)));
  CHECK(std::holds_alternative<std::monostate>(joined(as_is, {})));
}
