#include "model/fast_clone.h"

#include <ATen/ATen.h>

#include <map>
#include <regex>

#include "base/error.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"
#include "support/networks.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

using SeenByLayer = std::vector<std::pair<std::string, at::Tensor>>;
using Make = ObservedModel (*)(const Session&, const std::vector<ObserverSite>&);

// What the layers see, in the order of their calls.
SeenByLayer seen_by(Make make, const Module& model, const std::vector<std::string>& layers,
                    const std::vector<std::vector<at::Tensor>>& batches,
                    const std::string& method = "forward") {
  SeenByLayer seen;
  std::vector<ObserverSite> sites;
  for (const auto& layer : layers)
    sites.push_back(
        {{layer}, [&seen, layer](const at::Tensor& x) { seen.emplace_back(layer, x.clone()); }});
  ObservedModel clone = make({model, method}, sites);
  for (const auto& batch : batches) {
    std::vector<c10::IValue> arguments;
    for (const auto& argument : batch) arguments.emplace_back(argument.clone());
    clone.run(arguments);
  }
  return seen;
}

void check_close(const Module& model, const std::vector<std::string>& layers,
                 const std::vector<std::vector<at::Tensor>>& batches,
                 const std::string& method = "forward") {
  const std::string before = all_graphs(model);
  const SeenByLayer exact = seen_by(insert_observers, model, layers, batches, method);
  const SeenByLayer fast = seen_by(fast_clone, model, layers, batches, method);
  CHECK(all_graphs(model) == before);
  REQUIRE(fast.size() == exact.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    INFO(exact[i].first << ", call " << i);
    CHECK(fast[i].first == exact[i].first);
    CHECK(at::allclose(fast[i].second, exact[i].second, 1e-4, 1e-5));
  }
}

std::map<std::string, int> operators_of(const Module& model,
                                        const std::vector<std::string>& layers) {
  std::vector<ObserverSite> sites;
  for (const auto& layer : layers) sites.push_back({{layer}, [](const at::Tensor&) {}});
  ObservedModel clone = fast_clone(model, sites);
  std::map<std::string, int> counts;
  const std::string graph = graph_text(clone.module());
  const std::regex name(R"((aten|actsparse|prim)::\w+)");
  for (auto it = std::sregex_iterator(graph.begin(), graph.end(), name);
       it != std::sregex_iterator(); ++it)
    ++counts[it->str()];
  return counts;
}

const std::vector<std::vector<at::Tensor>> images = {
    {normal({2, 3, 6, 7}, 1)}, {normal({5, 3, 6, 7}, 2)}, {normal({1, 3, 9, 4}, 3)}};

}  // namespace

TEST_CASE("a fast clone's layers see what the exact clone's see, up to rounding", "[model]") {
  check_close(small_cnn(), {"conv1", "bn1", "conv2", "fc"}, images);
  check_close(small_cnn(), {"fc", "conv2"}, images);
  check_close(small_cnn(), {"bn1"}, images);
}

TEST_CASE("after the last observed call nothing is left", "[model]") {
  auto counts = operators_of(small_cnn(), {"conv1", "conv2"});
  CHECK(counts["actsparse::watch"] == 2);
  CHECK(counts["actsparse::packed_layer"] + counts["aten::conv2d"] == 1);
  for (const char* gone : {"aten::linear", "aten::mean", "aten::add", "aten::batch_norm"})
    CHECK(counts[gone] == 0);
  counts = operators_of(small_cnn(), {"conv1"});
  CHECK(counts["actsparse::packed_layer"] + counts["aten::conv2d"] == 0);
}

TEST_CASE("layers in loops, branches and forks are seen as often, in their order", "[model]") {
  check_close(repeated(), {"a"}, {{tensor1d({1, 2})}, {tensor1d({-1, -2})}});
  check_close(aliased(), {"a"}, {{tensor1d({1, 2})}});
  check_close(forking(), {"a"}, {{tensor1d({1, 2})}});
  check_close(residual(), {"f"}, {{tensor1d({1, 2})}});
  check_close(nested(), {"block1", "block2.fc"}, {{tensor1d({1, 2})}});
}

TEST_CASE("a model that writes its own attributes sees the same and is left as it was", "[model]") {
  const Module model = counting();
  check_close(model, {"counter"}, {{tensor1d({1, 2})}, {tensor1d({3, 4})}});
  CHECK(model.attr("counter").toModule().attr("calls").toTensor().eq(0).all().item<bool>());
}

TEST_CASE("linear layers take inputs of any rank, and none", "[model]") {
  Module model = make_module("Model",
                             "def forward(self, x: Tensor) -> Tensor:\n"
                             "  return self.b.forward(self.a.forward(x))\n",
                             {{"a", linear_layer(6, 5)}, {"b", linear_layer(5, 3)}});
  check_close(
      model, {"a", "b"},
      {{normal({6}, 1)}, {normal({4, 6}, 2)}, {normal({2, 3, 6}, 3)}, {normal({2, 2, 3, 6}, 4)}});
  check_close(model, {"b"}, {{at::zeros({0, 6})}});
}

TEST_CASE("recurrent layers are seen alike, whatever the batch and the length", "[model]") {
  check_close(recurrent(), {"lstm", "fc"},
              {{normal({2, 5, 3}, 1)}, {normal({1, 7, 3}, 2)}, {normal({3, 1, 3}, 3)}});
  check_close(recurrent(), {"lstm"}, {{normal({2, 5, 3}, 1)}});
}

TEST_CASE("a method of several inputs is cut like forward", "[model]") {
  Module model = make_module("Model",
                             "def forward(self, x: Tensor) -> Tensor:\n"
                             "  return self.a.forward(x)\n"
                             "def score(self, x: Tensor, y: Tensor) -> Tensor:\n"
                             "  return self.b.forward(self.a.forward(x) + y)\n",
                             {{"a", linear_layer(6, 5)}, {"b", linear_layer(5, 3)}});
  check_close(model, {"a", "b"}, {{normal({4, 6}, 1), normal({4, 5}, 2)}}, "score");
  check_close(model, {"a"}, {{normal({4, 6}, 1), normal({4, 5}, 2)}}, "score");
}

TEST_CASE("a model that is not on the CPU has no fast clone", "[model]") {
  Module model = small_cnn();
  Module fc = model.attr("fc").toModule();
  fc.setattr("weight", fc.attr("weight").toTensor().to(at::kMeta));
  const Error error = error_of([&] { fast_clone(model, {{{"fc"}, [](const at::Tensor&) {}}}); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "the fast clone is for the CPU, but the model is on meta"));
}

TEST_CASE("a model that is fed what it cannot take says the same as ever", "[model]") {
  ObservedModel clone = fast_clone(small_cnn(), {{{"fc"}, [](const at::Tensor&) {}}});
  const Error error = error_of([&] { clone.run({normal({2, 4, 6, 6}, 1)}); });
  CHECK(error.kind() == ErrorKind::Data);
  CHECK(contains(error.what(), "the model fails on this data"));
}

TEST_CASE("what an observer throws comes out of the fast clone", "[model]") {
  struct Failure {};
  ObservedModel clone =
      fast_clone(small_cnn(), {{{"fc"}, [](const at::Tensor&) { throw Failure{}; }}});
  CHECK_THROWS_AS(clone.run({images[0][0]}), Failure);
}
