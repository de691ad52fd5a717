#include "compact/change.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/irparser.h>

#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using Kind = Change::Kind;
using torch::jit::Node;
using torch::jit::Value;

namespace {

struct Parsed {
  explicit Parsed(const std::string& text) { torch::jit::parseIR(text, graph.get(), values); }

  Node& node(const char* output) { return *values.at(output)->node(); }
  Node& reader() { return *graph->outputs().at(0)->node(); }  // of what is returned

  void perform(const Change& change, const char* output) {
    actsparse::perform(change, node(output),
                       [&](const Value* old, Node& before, const c10::IValue& value) {
                         replaced.push_back(old);
                         const torch::jit::WithInsertPoint guard(&before);
                         return graph->insertConstant(value);
                       });
    graph->lint();
  }

  std::shared_ptr<torch::jit::Graph> graph = std::make_shared<torch::jit::Graph>();
  std::unordered_map<std::string, Value*> values;
  std::vector<const Value*> replaced;
};

// z is x in another shape: the numbers %s.
Parsed with_sizes(const std::string& sizes) {
  return Parsed("graph(%x : Tensor, %n : int):\n" + sizes +
                "  %z : Tensor = aten::view(%x, %s)\n"
                "  return (%z)\n");
}

c10::IValue constant(const Value* value) { return torch::jit::toIValue(value).value(); }

}  // namespace

TEST_CASE("an input becomes a constant, and what it was is told", "[compact]") {
  Parsed parsed(
      "graph(%x : Tensor, %w : Tensor):\n  %y : Tensor = aten::matmul(%x, %w)\n  return (%y)\n");
  parsed.perform({Kind::Input, 1, 0, tensor1d({1, 2})}, "y");
  CHECK(constant(parsed.reader().inputs().at(1)).toTensor().equal(tensor1d({1, 2})));
  CHECK(parsed.replaced == std::vector<const Value*>{parsed.values.at("w")});
}

TEST_CASE("an element of a list changes for one reader, however the list is made", "[compact]") {
  const std::vector<std::string> lists = {
      "  %s : int[] = prim::ListConstruct(%n, %n)\n",
      "  %s : int[] = prim::Constant[value=[6, 8]]()\n",
      "  %s : int[] = aten::size(%x)\n",
  };
  for (const auto& list : lists) {
    INFO(list);
    Parsed parsed = with_sizes(list);
    REQUIRE(has_elements(*parsed.values.at("s")));
    parsed.perform({Kind::Element, 1, 1, int64_t{3}, {}, 2}, "z");
    const Node& made = *parsed.reader().inputs().at(1)->node();
    REQUIRE(made.inputs().size() == 2);
    CHECK(constant(made.inputs()[1]).toInt() == 3);
    CHECK(parsed.reader().inputs().at(1) != parsed.values.at("s"));
  }
}

TEST_CASE("a list that is computed has no elements to change", "[compact]") {
  Parsed parsed = with_sizes("  %t : int[] = aten::size(%x)\n  %s : int[] = aten::add(%t, %t)\n");
  CHECK_FALSE(has_elements(*parsed.values.at("s")));
  const Change change = {Kind::Element, 1, 0, int64_t{3}, {}, 2};
  CHECK(error_of([&] { parsed.perform(change, "z"); }).kind() == ErrorKind::Internal);
}

TEST_CASE("readers of a list of numbers get some of them from elsewhere", "[compact]") {
  Parsed parsed = with_sizes("  %s : int[] = aten::size(%x)\n");
  parsed.perform({Kind::Numbers, 0, 0, {}, {{1, 9}}, 3}, "s");
  const Node& made = *parsed.reader().inputs().at(1)->node();
  REQUIRE(made.inputs().size() == 3);
  CHECK(constant(made.inputs()[1]).toInt() == 9);
  CHECK(made.inputs()[0]->node()->kind() == c10::aten::size);
}

TEST_CASE("readers of an output get a constant, or an input of the node", "[compact]") {
  const std::string text =
      "graph(%x : Tensor, %w : Tensor):\n"
      "  %y : Tensor = aten::mul(%x, %w)\n"
      "  %z : Tensor = aten::relu(%y)\n"
      "  return (%z)\n";
  Parsed constant_now(text), skipped(text);
  constant_now.perform({Kind::Output, 0, 0, tensor1d({5})}, "y");
  CHECK(constant(constant_now.reader().input()).toTensor().equal(tensor1d({5})));
  skipped.perform({Kind::Bypass, 1}, "y");
  CHECK(skipped.reader().input() == skipped.values.at("w"));
}

TEST_CASE("an input is replaced by what indices take of it", "[compact]") {
  Parsed parsed("graph(%x : Tensor):\n  %y : Tensor = aten::relu(%x)\n  return (%y)\n");
  const auto index = tensor1d({0, 2}).to(at::kLong);
  parsed.perform({Kind::IndexSelect, 0, 1, index}, "y");
  const Node& select = *parsed.reader().input()->node();
  REQUIRE(select.kind() == c10::aten::index_select);
  CHECK(select.inputs()[0] == parsed.values.at("x"));
  CHECK(constant(select.inputs()[1]).toInt() == 1);
  CHECK(constant(select.inputs()[2]).toTensor().equal(index));
}

TEST_CASE("equal parts become parts of given sizes", "[compact]") {
  Parsed parsed(
      "graph(%x : Tensor):\n"
      "  %n : int = prim::Constant[value=2]()\n"
      "  %d : int = prim::Constant[value=1]()\n"
      "  %parts : Tensor[] = aten::chunk(%x, %n, %d)\n"
      "  %y : Tensor = aten::cat(%parts, %d)\n"
      "  return (%y)\n");
  parsed.perform({Kind::Split, 0, 1, std::vector<int64_t>{3, 1}}, "parts");
  const Node& split = *parsed.reader().inputs().at(0)->node();
  REQUIRE(split.kind() == c10::Symbol::aten("split_with_sizes"));
  CHECK(constant(split.inputs()[1]).toIntVector() == std::vector<int64_t>{3, 1});
  CHECK(constant(split.inputs()[2]).toInt() == 1);
}

TEST_CASE("changes are equal if they ask for the same", "[compact]") {
  const Change change = {Kind::Input, 1, 0, tensor1d({1, 2})};
  CHECK(change == Change{Kind::Input, 1, 0, tensor1d({1, 2})});
  CHECK(change == Change{Kind::Input, 1, 0, tensor1d({1, 2}), {}, 7});
  CHECK_FALSE(change == Change{Kind::Input, 2, 0, tensor1d({1, 2})});
  CHECK_FALSE(change == Change{Kind::Input, 1, 0, tensor1d({1, 3})});
  CHECK_FALSE(change == Change{Kind::Input, 1, 0, tensor1d({1, 2}).to(at::kHalf)});
  CHECK_FALSE(change == Change{Kind::Input, 1, 0, int64_t{1}});
  CHECK_FALSE(Change{Kind::Numbers, 0, 0, {}, {{0, 1}}} ==
              Change{Kind::Numbers, 0, 0, {}, {{0, 2}}});
}
