#include "model/default_input.h"

#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

Module mix() {
  return make_module("Mix",
                     "def forward(self, w: Tensor, x: Tensor) -> Tensor:\n"
                     "  return torch.matmul(x, w)\n");
}

// forward(x [N, 3]) of `body`; it has the parameter w, the buffer b, and `layer` as "layer".
Module handing(const std::string& body, const Module& layer = mix(), const std::string& more = "") {
  Module model("__torch__.Handing");
  model.register_attribute("training", c10::BoolType::get(), true);
  model.register_parameter("w", normal({3, 3}, 1), /*is_buffer=*/false);
  model.register_buffer("b", normal({3, 3}, 2));
  model.register_module("layer", layer);
  model.define(more + "def forward(self, x: Tensor) -> Tensor:\n" + body);
  return model;
}

int64_t input_of(const Module& model, const std::string& layer = "layer",
                 const std::string& method = "forward") {
  DefaultInputs inputs({model, method});
  return inputs.of(layer);
}

int64_t input_in(const std::string& body) { return input_of(handing(body)); }

std::string refusal(const Module& model) {
  const Error error = error_of([&] { input_of(model); });
  CHECK(error.kind() == ErrorKind::Model);
  return error.what();
}

}  // namespace

TEST_CASE("argument 0 is the input where it holds activations", "[model]") {
  CHECK(input_of(chain(), "b") == 0);
  CHECK(input_of(keyword_call(), "join") == 0);
  CHECK(input_of(counting(), "counter") == 0);
  CHECK(input_of(forking(), "a") == 0);
  CHECK(input_of(nested(), "") == 0);
  CHECK(input_in("  return self.layer.forward(x, self.w)\n") == 0);
  CHECK(input_in("  return self.layer.forward(x, x)\n") == 0);
}

TEST_CASE("parameters, buffers, constants and what is made of them are passed over", "[model]") {
  CHECK(input_in("  return self.layer.forward(self.w, x)\n") == 1);
  CHECK(input_in("  return self.layer.forward(self.b, x)\n") == 1);
  CHECK(input_in("  return self.layer.forward(torch.ones([3, 3]), x)\n") == 1);
  CHECK(input_in("  return self.layer.forward((self.w + self.b).t() * 2, x)\n") == 1);
  CHECK(input_in("  ws = [self.w, self.b]\n"
                 "  for i in range(2):\n"
                 "    x = self.layer.forward(ws[i], x)\n"
                 "  return x\n") == 1);
  CHECK(input_in("  w = self.w\n"
                 "  if bool(x.sum() > 0):\n"
                 "    w = self.b\n"
                 "  return self.layer.forward(w, x)\n") == 1);
}

TEST_CASE("what depends on the model's input in one call is an activation", "[model]") {
  CHECK(input_in("  return self.layer.forward(self.w * x.sum(), x)\n") == 0);
  CHECK(input_in("  return self.layer.forward(self.w, x) + self.layer.forward(x.t(), x)\n") == 0);
  CHECK(input_in("  return self.layer.forward(torch.rand([3, 3]), x)\n") == 0);
  CHECK(input_in("  h = self.w\n"
                 "  for i in range(3):\n"
                 "    h = self.layer.forward(h, x)\n"
                 "  return h\n") == 0);
  CHECK(input_in("  h: List[Tensor] = []\n"
                 "  h.append(x.t())\n"
                 "  return self.layer.forward(h[0], x)\n") == 0);
}

TEST_CASE("an attribute into which the model writes activations is one", "[model]") {
  CHECK(input_in("  y = self.layer.forward(self.b, x)\n"
                 "  self.b = torch.matmul(x.t(), x)\n"
                 "  return y\n") == 0);
  CHECK(input_in("  y = self.layer.forward(self.b, x)\n"
                 "  self.b[0].copy_(x.sum(0))\n"
                 "  return y\n") == 0);
  CHECK(input_in("  self.b = self.b * 2\n"
                 "  return self.layer.forward(self.b, x)\n") == 1);
}

TEST_CASE("weights are followed through several levels and what methods return", "[model]") {
  const Module middle = make_module("Middle",
                                    "def scaled(self, w: Tensor) -> Tensor:\n"
                                    "  return w.t() * 2\n"
                                    "def forward(self, w: Tensor, x: Tensor) -> Tensor:\n"
                                    "  return self.mix.forward(self.scaled(w), x)\n",
                                    {{"mix", mix()}});
  const Module model = handing("  return self.layer.forward(self.w, x)\n", middle);
  CHECK(input_of(model) == 1);
  CHECK(input_of(model, "layer.mix") == 1);
  CHECK(input_of(reloaded(model), "layer.mix") == 1);
}

TEST_CASE("instances that share code are told apart", "[model]") {
  const Module first = mix();
  const Module second(first._ivalue()->compilation_unit(), first.type());
  Module model = handing("  return x\n", first);
  model.register_module("other", second);
  model.define(
      "def encode(self, x: Tensor) -> Tensor:\n"
      "  return self.layer.forward(self.w, x) + self.other.forward(x.t(), self.w)\n");
  CHECK(input_of(model, "layer", "encode") == 1);
  CHECK(input_of(model, "other", "encode") == 0);
}

TEST_CASE("the place holds in all call methods that the model calls", "[model]") {
  const std::string both = "  return self.layer.forward(self.w, x) + self.layer.forward1(";
  const auto layer = [](const std::string& arguments) {
    return make_module("Mix",
                       "def forward(self, w: Tensor, x: Tensor) -> Tensor:\n"
                       "  return torch.matmul(x, w)\n"
                       "def forward1(self, " +
                           arguments + ") -> Tensor:\n  return torch.matmul(x, w)\n");
  };
  CHECK(input_of(handing(both + "self.b, x)\n", layer("w: Tensor, x: Tensor"))) == 1);
  CHECK(input_of(handing("  return self.layer.forward(self.w, x)\n",
                         layer("x: Tensor, w: Tensor"))) == 1);
  const auto text = refusal(handing(both + "x, self.w)\n", layer("x: Tensor, w: Tensor")));
  CHECK(contains(text,
                 "forward(0: w (Tensor, always 'w'), 1: x (Tensor)); forward1(0: x (Tensor), "
                 "1: w (Tensor, always 'w'))"));
}

TEST_CASE("numbers are passed over, lists and dicts of tensors are not", "[model]") {
  const Module number = make_module("Number",
                                    "def forward(self, n: int, x: Tensor) -> Tensor:\n"
                                    "  return x * n\n");
  CHECK(input_of(handing("  return self.layer.forward(x.size(0), x)\n", number)) == 1);
  CHECK(input_of(list_argument(), "cat") == 0);
}

TEST_CASE("where nothing holds activations the arguments are listed", "[model]") {
  const auto text = refusal(handing("  return self.layer.forward(self.w, self.b + 1)\n"));
  CHECK(contains(text, "layer 'layer': no argument holds activations"));
  CHECK(contains(text,
                 "forward(0: w (Tensor, always 'w'), 1: x (Tensor, always 'b')); choose one "
                 "with \"input\""));
}

TEST_CASE("a layer of one argument takes what it is handed, but its own weight", "[model]") {
  CHECK(input_of(handing("  return x + self.layer.forward(self.b)\n", scale(2))) == 0);
  Module own = scale(2);
  own.register_parameter("w", normal({3, 3}, 1), false);
  Module model = handing("  return x + self.layer.forward(self.w)\n", own);
  own.setattr("w", model.attr("w"));
  CHECK(contains(refusal(model), "forward(0: x (Tensor, always 'w'))"));
}

TEST_CASE("of a layer that nothing calls it is argument 0", "[model]") {
  CHECK(input_in("  return x\n") == 0);
}
