// The JSON of a program in parts.
#include "exported/call_tree.h"
#include "exported/parse_json.h"
#include "exported/read_argument.h"
#include "exported/read_node.h"
#include "exported/read_tree.h"
#include "exported/splice_regions.h"
#include "support/catch.h"
#include "support/error_of.h"

namespace actsparse::exported {
namespace {

using nlohmann::json;

ProgramNode node_of(const std::vector<Frame>& stack) {
  ProgramNode node;
  node.stack = stack;
  return node;
}

template <class Work>
std::string thrown(Work work) {
  try {
    work();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("JSON may hold Python's numbers that are none", "[exported]") {
  const auto parsed =
      parse_json(R"({"a": -Infinity, "b": [NaN, Infinity, -1], "c": "-Infinity\" NaN"})");
  CHECK(parsed["a"] == "-Infinity");
  CHECK(parsed["b"] == json::array({"NaN", "Infinity", -1}));
  CHECK(parsed["c"] == "-Infinity\" NaN");
  CHECK(contains(thrown([] { parse_json("{\"a\": \"open"); }), "damaged"));
  CHECK(contains(thrown([] { parse_json("\"\\"); }), "damaged"));
}

TEST_CASE("arguments are read by their kind", "[exported]") {
  const auto read = [](const char* text) { return read_argument(json::parse(text)); };
  CHECK(read(R"({"as_none": true})").is_none());
  CHECK(read(R"({"as_tensor": {"name": "x"}})").name == "x");
  CHECK(read(R"({"as_ints": [1, 2]})").items[1].constant.toInt() == 2);
  CHECK(read(R"({"as_float": "-Infinity"})").constant.toDouble() ==
        -std::numeric_limits<double>::infinity());
  CHECK(read(R"({"as_sym_int": {"as_name": "s"}})").type == Argument::Type::Int);
  CHECK(read(R"({"as_sym_int": {"as_int": 3}})").constant.toInt() == 3);
  CHECK(read(R"({"as_optional_tensors": [{"as_none": true}, {"as_tensor": {"name": "i"}}]})")
            .items[1]
            .name == "i");
}

TEST_CASE("enums are export's own", "[exported]") {
  const auto number = [](const char* text) {
    return read_argument(json::parse(text)).constant.toInt();
  };
  CHECK(number(R"({"as_scalar_type": 7})") == static_cast<int64_t>(at::kFloat));
  CHECK(number(R"({"as_scalar_type": 12})") == static_cast<int64_t>(at::kBool));
  CHECK(number(R"({"as_scalar_type": 13})") == static_cast<int64_t>(at::kBFloat16));
  CHECK(number(R"({"as_memory_format": 1})") == static_cast<int64_t>(at::MemoryFormat::Contiguous));
  CHECK(number(R"({"as_memory_format": 2})") ==
        static_cast<int64_t>(at::MemoryFormat::ChannelsLast));
  CHECK(number(R"({"as_memory_format": 4})") == static_cast<int64_t>(at::MemoryFormat::Preserve));
  CHECK(number(R"({"as_layout": 7})") == static_cast<int64_t>(at::kStrided));
  for (const char* text : {R"({"as_scalar_type": 29})", R"({"as_layout": 0})",
                           R"({"as_memory_format": 9})", R"({"as_custom_obj": {"name": "q"}})",
                           R"({"as_operator": "f"})", R"({"as_int": 1, "as_float": 2})", "[]"})
    CHECK_FALSE(thrown([&] { read_argument(json::parse(text)); }).empty());
}

TEST_CASE("modules are named by their path or by Python that reaches them", "[exported]") {
  CHECK(read_fqn("layers.0.conv") == "layers.0.conv");
  CHECK(read_fqn("") == "");
  CHECK(read_fqn("L['self'].layers[0].conv") == "layers.0.conv");
  CHECK(read_fqn("L['fn']") == "");
  CHECK(read_fqn("getattr(L['self'].layers, '0').conv") == "layers.0.conv");
  CHECK(read_fqn("getattr(getattr(L['s'].a, '0'), '12')") == "a.0.12");
  CHECK(read_fqn("L['self']._modules['a'].b") == "a.b");
  CHECK(read_fqn("L[\"self\"].a['b']") == "a.b");
  for (const char* path : {"L['self", "L['self'].", "getattr(L['self'].a, 0)", "getattr(", "L[x]",
                           "L['self']+1", "L['self'].a["}) {
    CAPTURE(path);
    CHECK(contains(thrown([&] { read_fqn(path); }), "no name"));
  }
  std::string deep = "L['s']";
  for (int i = 0; i < 10000; ++i) deep = "getattr(" + deep.substr(0, 100000);
  CHECK(contains(thrown([&] { read_fqn(deep); }), "no name"));
}

TEST_CASE("a stack of modules is read from its text", "[exported]") {
  const auto node = read_node(json::parse(
      R"({"target": "t", "inputs": [], "outputs": [], "metadata": {"nn_module_stack":
          "L__self__,,m.Net;k,getattr(L['self'].a, '0'),torch.nn.Conv2d"}})"));
  REQUIRE(node.stack.size() == 2);
  CHECK(node.stack[1].fqn == "a.0");
  CHECK(node.stack[1].type == "torch.nn.Conv2d");
}

TEST_CASE("trees of lists, tuples and dicts are read", "[exported]") {
  const auto tree = read_tree(R"([1, {"type": "builtins.dict", "context": "[\"a\", \"b\"]",
    "children_spec": [{"type": null, "context": null, "children_spec": []},
      {"type": "builtins.list", "context": "null", "children_spec": [
        {"type": null, "context": null, "children_spec": []}]}]}])");
  CHECK(tree.kind == Tree::Kind::Dict);
  CHECK(tree.keys == std::vector<std::string>{"a", "b"});
  CHECK(leaves(tree) == 2);
  CHECK(contains(thrown([] { read_tree("[2, {}]"); }), "unknown form"));
  CHECK(contains(thrown([] {
                   read_tree(R"([1, {"type": "builtins.dict", "context": "[1]",
                     "children_spec": [{"type": null, "context": null, "children_spec": []}]}])");
                 }),
                 "keys are not strings"));
}

TEST_CASE("nodes of a call stand together in a tree of calls", "[exported]") {
  const Frame root{"r", "", "Net"}, a{"a", "a", "A"}, inner{"a.c", "a.c", "C"},
      again{"a.c@1", "a.c", "C"};
  const auto tree = call_tree({node_of({root}), node_of({root, a}), node_of({root, a, inner}),
                               node_of({}), node_of({root, a, again}), node_of({root})},
                              {"", "a", "a.c"});
  REQUIRE(tree.root.inner.size() == 1);
  const Call& call = tree.root.inner[0];
  CHECK(call.fqn == "a");
  CHECK(call.begin == 1);
  CHECK(call.end == 5);
  REQUIRE(call.inner.size() == 2);
  CHECK(call.inner[0].end - call.inner[0].begin == 2);  // the one that is not told of among them
  CHECK(tree.root.type == "Net");
  CHECK(tree.inlined.empty());
}

TEST_CASE("a call that is split belongs to its caller", "[exported]") {
  const Frame root{"r", "", "Net"}, a{"a", "a", "A"}, c{"a.c", "a.c", "C"};
  const auto tree =
      call_tree({node_of({root, a}), node_of({root}), node_of({root, a, c})}, {"", "a", "a.c"});
  CHECK(tree.inlined == std::vector<std::string>{"a"});
  REQUIRE(tree.root.inner.size() == 1);
  CHECK(tree.root.inner[0].fqn == "a.c");
}

TEST_CASE("a call of a module that is no part of the caller belongs to the caller", "[exported]") {
  const Frame root{"r", "", "Net"}, a{"a", "a", "A"}, b{"b", "b", "B"};
  const auto tree = call_tree({node_of({root, a, b})}, {"", "a", "b"});
  CHECK(tree.inlined == std::vector<std::string>{"b"});
  REQUIRE(tree.root.inner.size() == 1);
  CHECK(tree.root.inner[0].inner.empty());
}

TEST_CASE("operators that write are told, in graphs inside, too", "[exported]") {
  const auto graph_with = [](const std::string& target) {
    ProgramGraph graph;
    graph.nodes.push_back({target, {}, {}, {}});
    return graph;
  };
  for (const char* target : {"torch.ops.aten.add_.Tensor", "torch.ops.aten.add.out"})
    CHECK(writes(graph_with(target)));
  for (const char* target : {"torch.ops.aten.add.Tensor", "_operator.add", ""})
    CHECK_FALSE(writes(graph_with(target)));
  ProgramGraph outer = graph_with("torch.ops.higher_order.cond");
  outer.nodes[0].inputs.push_back({"", {}});
  outer.nodes[0].inputs[0].argument.graph =
      std::make_shared<ProgramGraph>(graph_with("torch.ops.aten.relu_.default"));
  CHECK(writes(outer));
}

TEST_CASE("regions without gradients are put where they stand", "[exported]") {
  auto region = std::make_shared<ProgramGraph>(read_graph(json::parse(
      R"({"inputs": [{"as_tensor": {"name": "x"}}], "outputs": [{"as_tensor": {"name": "y"}}],
          "nodes": [{"target": "f", "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}}}],
                     "outputs": [{"as_tensor": {"name": "y"}}]}]})")));
  ProgramGraph graph = read_graph(json::parse(
      R"({"inputs": [], "outputs": [], "nodes": [
          {"target": "torch.ops.higher_order.wrap_with_set_grad_enabled", "inputs": [
             {"name": "", "arg": {"as_bool": false}}, {"name": "", "arg": {"as_none": true}},
             {"name": "", "arg": {"as_tensor": {"name": "outer"}}}],
           "outputs": [{"as_tensors": [{"name": "z"}]}]}]})"));
  graph.nodes[0].inputs[1].argument.kind = Argument::Kind::Graph;
  graph.nodes[0].inputs[1].argument.graph = region;
  splice_regions(graph);
  REQUIRE(graph.nodes.size() == 2);
  CHECK(graph.nodes[0].target == "f");
  CHECK(graph.nodes[0].inputs[0].argument.name == "outer");
  CHECK(graph.nodes[1].target == same_value);
  CHECK(graph.nodes[1].outputs[0].name == "z");
  CHECK(graph.nodes[1].inputs[0].argument.name == graph.nodes[0].outputs[0].name);
}

}  // namespace actsparse::exported
