#include "model/insert_observers.h"

#include <regex>

#include "model/layer_tree.h"
#include "model/load_model.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

using Seen = std::vector<at::Tensor>;

// Observes `layer` during runs with `x`, and checks that the output is the model's.
Seen observed(const Module& model, const Site& site, const at::Tensor& x) {
  Seen seen;
  const auto observer = [&](const at::Tensor& input) { seen.push_back(input.clone()); };
  ObservedModel clone = insert_observers(model, {{site, observer}});
  CHECK(bit_equal(clone.run({x}).toTensor(), run_forward(reloaded(model), x)));
  return seen;
}

// The number of the observer counts up from test to test.
std::string observed_graph(ObservedModel& clone, const std::string& layer,
                           const std::string& method = "forward") {
  return std::regex_replace(graph_text(find_layer(clone.module(), layer), method),
                            std::regex(R"(Constant\[value=\d+\])"), "Constant[value=N]");
}

void ignore(const at::Tensor&) {}

const std::string observed_scale =
    "graph(%0 : __torch__.Scale,\n"
    "      %1 : Tensor):\n"
    "  %2 : int = prim::Constant[value=N]()\n"
    "  %3 : Tensor = actsparse::observe(%1, %2)\n"
    "  %4 : Tensor = prim::GetAttr[name=\"weight\"](%0)\n"
    "  %5 : Tensor = aten::mul(%3, %4)\n"
    "  return (%5)\n";

struct Failure {};

}  // namespace

TEST_CASE("an observed layer hands on its input before anything reads it", "[model]") {
  const Module model = chain();
  const std::string before = all_graphs(model);
  ObservedModel clone = insert_observers(model, {{{"b"}, ignore}});
  CHECK(observed_graph(clone, "b") == observed_scale);
  CHECK(observed_graph(clone, "a") == graph_text(find_layer(model, "a")));
  CHECK(observed_graph(clone, "") == graph_text(model));
  CHECK(all_graphs(model) == before);
}

TEST_CASE("an observer sees what enters its layer", "[model]") {
  const at::Tensor x = tensor1d({1, -2});
  const Seen b = observed(chain(), {"b"}, x);
  REQUIRE(b.size() == 1);
  CHECK(bit_equal(b[0], tensor1d({2, 0})));
  const Seen block2 = observed(nested(), {"block2.fc"}, x);
  REQUIRE(block2.size() == 1);
  CHECK(bit_equal(block2[0], tensor1d({2, -4})));
  const Seen residual_branch = observed(residual(), {"f"}, x);
  REQUIRE(residual_branch.size() == 1);
  CHECK(bit_equal(residual_branch[0], x));
}

TEST_CASE("calls in loops and branches are observed, each once", "[model]") {
  const Seen positive = observed(repeated(), {"a"}, tensor1d({1, 2}));
  REQUIRE(positive.size() == 4);
  CHECK(bit_equal(positive[1], tensor1d({2, 4})));
  CHECK(bit_equal(positive[2], tensor1d({4, 8})));
  CHECK(bit_equal(positive[3], tensor1d({9, 17})));
  CHECK(observed(repeated(), {"a"}, tensor1d({-1, -2})).size() == 3);
}

TEST_CASE("an instance under two names is observed under either, at every call", "[model]") {
  for (const char* name : {"a", "b"}) {
    const Seen seen = observed(aliased(), {name}, tensor1d({1}));
    REQUIRE(seen.size() == 2);
    CHECK(bit_equal(seen[1], tensor1d({2})));
  }
}

TEST_CASE("keyword arguments and arguments beside a list are observed", "[model]") {
  const at::Tensor x = tensor1d({3});
  CHECK(bit_equal(observed(keyword_call(), {"join", "y"}, x).at(0), tensor1d({4})));
  CHECK(bit_equal(observed(keyword_call(), {"join"}, x).at(0), x));
  CHECK(bit_equal(observed(list_argument(), {"cat", int64_t{1}}, x).at(0), x));
}

TEST_CASE("a layer that writes its own buffers is observed", "[model]") {
  CHECK(observed(counting(), {"counter"}, tensor1d({3})).size() == 1);
}

TEST_CASE("the root is a layer too", "[model]") {
  const Seen seen = observed(chain(), {""}, tensor1d({3}));
  REQUIRE(seen.size() == 1);
  CHECK(bit_equal(seen[0], tensor1d({3})));
}

TEST_CASE("another method than forward can be run and observed", "[model]") {
  const Module model = make_module("Root",
                                   "def encode(self, x: Tensor) -> Tensor:\n"
                                   "  return self.a.forward(x + 1)\n",
                                   {{"a", scale(2)}});
  Seen root, layer;
  ObservedModel clone = insert_observers(
      {model, "encode"}, {{{""}, [&](const at::Tensor& x) { root.push_back(x.clone()); }},
                          {{"a"}, [&](const at::Tensor& x) { layer.push_back(x.clone()); }}});
  CHECK(bit_equal(clone.run({tensor1d({3})}).toTensor(), tensor1d({8})));
  CHECK(bit_equal(root.at(0), tensor1d({3})));
  CHECK(bit_equal(layer.at(0), tensor1d({4})));
}

TEST_CASE("a traced layer's second method is observed like the first", "[model]") {
  const Module layer = make_module("Layer",
                                   "def forward(self, x: Tensor) -> Tensor:\n  return x + 1\n"
                                   "def forward1(self, x: Tensor) -> Tensor:\n  return x + 2\n");
  const Module model = make_module("Root",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.a.forward1(self.a.forward(x))\n",
                                   {{"a", layer}});
  const Seen seen = observed(model, {"a"}, tensor1d({1}));
  REQUIRE(seen.size() == 2);
  CHECK(bit_equal(seen[1], tensor1d({2})));
}

TEST_CASE("calls in a forked part are observed", "[model]") {
  CHECK(observed(forking(), {"a"}, tensor1d({1})).size() == 2);
}

TEST_CASE("what an observer throws comes out with its own type", "[model]") {
  int runs = 0;
  ObservedModel clone = insert_observers(chain(), {{{"b"}, [&](const at::Tensor&) {
                                                      if (++runs == 1) throw Failure();
                                                    }}});
  CHECK_THROWS_AS(clone.run({tensor1d({1})}), Failure);
  CHECK(bit_equal(clone.run({tensor1d({1})}).toTensor(), tensor1d({6})));
  CHECK(runs == 2);
}

TEST_CASE("after an observer's failure the others work on, and no old failure comes back",
          "[model]") {
  int a = 0, b = 0;
  ObservedModel clone =
      insert_observers(chain(), {{{"a"}, [&](const at::Tensor&) { ++a; }},
                                 {{"b"}, [&](const at::Tensor&) {
                                    ++b;
                                    throw Error(ErrorKind::Function, "run " + std::to_string(b));
                                  }}});
  for (const char* message : {"run 1", "run 2"}) {
    const Error error = error_of([&] { clone.run({tensor1d({1})}); });
    CHECK(error.kind() == ErrorKind::Function);
    CHECK(error.what() == std::string(message));
  }
  CHECK(a == 2);
}

TEST_CASE("a model that fails by itself is the data's error", "[model]") {
  ObservedModel clone = insert_observers(keyword_call(), {{{"join"}, ignore}});
  const Error error = error_of([&] { clone.run({c10::IValue("text")}); });
  CHECK(error.kind() == ErrorKind::Data);
}

TEST_CASE("the observed clone can be frozen and keeps its observers", "[model]") {
  Module model = nested();
  model.eval();
  Seen seen;
  ObservedModel clone = insert_observers(
      model, {{{"block2.fc"}, [&](const at::Tensor& x) { seen.push_back(x.clone()); }}});
  const Module frozen = torch::jit::freeze(clone.module());
  CHECK(list_layers(frozen).size() == 1);
  for (int run = 1; run <= 3; ++run) {  // profiling and optimized runs
    CHECK(bit_equal(run_forward(frozen, tensor1d({1})), tensor1d({6})));
    REQUIRE(seen.size() == static_cast<size_t>(run));
    CHECK(bit_equal(seen.back(), tensor1d({2})));
  }
}

TEST_CASE("every layer of the sample models can be observed at once", "[model]") {
  const at::Tensor x = normal({4, 1, 8, 8}, 2);
  for (const char* name :
       {"digits_cnn.pt", "digits_cnn_traced.pt", "digits_resnet.pt", "digits_lstm.pt"}) {
    INFO(name);
    Module model = load_model(source_dir() / "sample_models" / name);
    model.eval();
    int calls = 0;
    std::vector<ObserverSite> sites;
    for (const auto& layer : list_layers(model))
      sites.push_back({{layer.name}, [&](const at::Tensor&) { ++calls; }});
    ObservedModel clone = insert_observers(model, sites);
    CHECK(bit_equal(clone.run({x}).toTensor(), run_forward(model, x)));
    CHECK(calls >= static_cast<int>(sites.size()));
  }
}

TEST_CASE("unknown and unobservable layers are refused before anything runs", "[model]") {
  CHECK(error_of([] { insert_observers(chain(), {{{"c"}, ignore}}); }).kind() == ErrorKind::Model);
  const Error error = error_of([] { insert_observers(list_argument(), {{{"cat"}, ignore}}); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "1: y (Tensor)"));
}
