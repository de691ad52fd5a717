#include "model/call_methods.h"

#include "model/layer_tree.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

std::vector<std::string> methods_of(const Module& model, const std::string& layer,
                                    const InputSelector& input = int64_t{0},
                                    const std::string& method = "forward") {
  std::vector<std::string> names;
  for (const auto& call : call_methods(model, find_layer(model, layer), {layer, input}, method))
    names.push_back(call.name);
  return names;
}

std::string error_text(const Module& model, const std::string& layer,
                       const InputSelector& input = int64_t{0}) {
  const Error error = error_of([&] { methods_of(model, layer, input); });
  CHECK(error.kind() == ErrorKind::Model);
  return error.what();
}

using Names = std::vector<std::string>;

// A layer with an overload for lists, called or not.
Module overloaded(const std::string& called) {
  const Module layer = make_module("Overloaded",
                                   "def forward(self, x: Tensor) -> Tensor:\n  return x\n"
                                   "def forward__1(self, xs: List[Tensor]) -> Tensor:\n"
                                   "  return xs[0]\n");
  return make_module("Root",
                     "def forward(self, x: Tensor) -> Tensor:\n  return self.a." + called + "\n",
                     {{"a", layer}});
}

}  // namespace

TEST_CASE("forward, its overloads and the tracer's copies are calls of a layer", "[model]") {
  for (const char* name : {"forward", "forward1", "forward12", "forward__0", "forward__10"})
    CHECK(is_call_method(name));
  for (const char* name : {"forward_", "forward__", "forward_1", "forward__x", "forwards",
                           "forward1x", "_forward", "encode", ""})
    CHECK_FALSE(is_call_method(name));
}

TEST_CASE("the input is chosen by position or by name", "[model]") {
  const Module model = keyword_call();
  const Module join = find_layer(model, "join");
  const auto input_name = [&](const InputSelector& input) {
    return call_methods(model, join, {"join", input}, "forward").at(0).input->debugNameBase();
  };
  CHECK(input_name(int64_t{0}) == "x");
  CHECK(input_name(int64_t{1}) == "y");
  CHECK(input_name("y") == "y");
}

TEST_CASE("the method that is run is a call of the root, and of the root alone", "[model]") {
  const Module layer = make_module("Layer",
                                   "def forward(self, x: Tensor) -> Tensor:\n  return x\n"
                                   "def encode(self, x: Tensor) -> Tensor:\n  return x\n");
  const Module model = make_module("Root",
                                   "def encode(self, x: Tensor) -> Tensor:\n"
                                   "  return self.a.forward(x)\n",
                                   {{"a", layer}});
  CHECK(methods_of(model, "", int64_t{0}, "encode") == Names{"encode"});
  CHECK(methods_of(model, "a", int64_t{0}, "encode") == Names{"forward"});
}

TEST_CASE("an overload that nobody calls is no obstacle", "[model]") {
  CHECK(methods_of(overloaded("forward(x)"), "a") == Names{"forward"});
  CHECK(contains(error_text(overloaded("forward__1([x])"), "a"), "method forward__1: input 0"));
}

TEST_CASE("an input that cannot be observed is refused with the arguments there are", "[model]") {
  CHECK(contains(error_text(list_argument(), "cat"),
                 "layer 'cat', method forward: input 0 is not a tensor; its arguments are 0: xs "
                 "(List[Tensor]), 1: y (Tensor); choose another with \"input\""));
  CHECK(contains(error_text(list_argument(), "cat", int64_t{2}),
                 "input 2 does not exist; its arguments are 0: xs (List[Tensor]), 1: y (Tensor)"));
  CHECK(contains(error_text(list_argument(), "cat", "z"), "input named 'z' does not exist"));
  CHECK(methods_of(list_argument(), "cat", "y") == Names{"forward"});
  CHECK(methods_of(list_argument(), "cat", int64_t{1}) == Names{"forward"});
}

TEST_CASE("a negative position or self is no input", "[model]") {
  CHECK(contains(error_text(chain(), "a", int64_t{-1}), "input -1 does not exist"));
  CHECK(contains(error_text(chain(), "a", "self"), "input named 'self' does not exist"));
}

TEST_CASE("a layer without a forward method is refused", "[model]") {
  const Module model = make_module("Root", "def forward(self, x: Tensor) -> Tensor:\n  return x\n",
                                   {{"list", make_module("ModuleList", "")}});
  CHECK(contains(error_text(model, "list"), "layer 'list' has no forward method"));
}

TEST_CASE("a layer without arguments is refused", "[model]") {
  const Module layer = make_module("Constant", "def forward(self) -> int:\n  return 1\n");
  const Module model = make_module(
      "Root", "def forward(self, x: Tensor) -> Tensor:\n  return x + self.c.forward()\n",
      {{"c", layer}});
  CHECK(contains(error_text(model, "c"), "input 0 does not exist; it has no arguments"));
}
