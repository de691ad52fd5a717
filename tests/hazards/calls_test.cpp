// How a layer can be called.
#include <ATen/ATen.h>

#include "hazards/flow.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

const std::vector<Arguments> two_batches = {{normal({4, 6}, 1)}, {normal({4, 6}, 2)}};

// What the masked model makes of x, which has a batch size that was never calibrated.
void check_output(const Flow& done, const at::Tensor& x, const at::Tensor& expected) {
  CHECK(bit_equal(run_forward(done.masked, x), expected));
}

const at::Tensor other = normal({7, 6}, 3);

}  // namespace

TEST_CASE("hazard: overloads of forward are calls of one layer", "[hazards]") {
  const Module layer = make_module("Layer",
                                   "def forward__0(self, x: Tensor) -> Tensor:\n  return x * 2\n"
                                   "def forward__1(self, x: Tensor) -> Tensor:\n  return x + 1\n");
  const Module model = make_module("Model",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.l.forward__0(x) + self.l.forward__1(x)\n",
                                   {{"l", layer}});
  const auto done = flow(model, {{"l", int64_t{0}}}, two_batches);
  CHECK(done.layers[0].calls == 4);
  const at::Tensor seen = other * done.mask();
  check_output(done, other, seen * 2 + (seen + 1));
}

TEST_CASE("hazard: the tracer's forward1 is a call like forward", "[hazards]") {
  const Module layer = make_module("Layer",
                                   "def forward(self, x: Tensor) -> Tensor:\n  return x * 2\n"
                                   "def forward1(self, x: Tensor) -> Tensor:\n  return x + 1\n");
  const Module model = make_module("Model",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  return self.l.forward1(self.l.forward(x))\n",
                                   {{"l", layer}});
  const auto done = flow(model, {{"l", int64_t{0}}}, two_batches);
  CHECK(done.layers[0].calls == 4);
  check_output(done, other, (other * done.mask() * 2) * done.mask() + 1);
}

TEST_CASE("hazard: loops and branches call a layer many times in one forward", "[hazards]") {
  const Module model = make_module("Model",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  for i in range(3):\n"
                                   "    x = self.l.forward(x)\n"
                                   "  if bool(x.sum() > 1e9):\n"
                                   "    x = self.l.forward(x)\n"
                                   "  return x\n",
                                   {{"l", twice()}});
  const auto done = flow(model, {{"l", int64_t{0}}}, two_batches);
  CHECK(done.layers[0].calls == 6);
  at::Tensor expected = other;
  for (int i = 0; i < 3; ++i) expected = expected * done.mask() * 2;
  check_output(done, other, expected);
}

TEST_CASE("hazard: modules in a list or a dict are layers by their key", "[hazards]") {
  const Module items = make_module("ModuleList", "", {{"0", twice()}, {"1", twice()}});
  const Module model = make_module("Model",
                                   "def forward(self, x: Tensor) -> Tensor:\n"
                                   "  items = self.items\n"
                                   "  x = getattr(items, \"0\").forward(x)\n"
                                   "  return getattr(items, \"1\").forward(x)\n",
                                   {{"items", items}});
  const auto done = flow(model, {{"items.1", int64_t{0}}}, two_batches);
  check_output(done, other, (other * 2) * done.mask() * 2);
}

TEST_CASE("hazard: of instances that share a type only the registered one is masked", "[hazards]") {
  const auto done = flow(chain(), {{"b", int64_t{0}}}, two_batches);
  check_output(done, other, (at::relu(other * 2) * done.mask()) * 3);
}

TEST_CASE("hazard: one instance under two names is one layer", "[hazards]") {
  const auto done = flow(aliased(), {{"a", int64_t{0}}}, two_batches);
  CHECK(done.layers[0].calls == 4);
  check_output(done, other, ((other * done.mask()) * 2 * done.mask()) * 2);
}

TEST_CASE("hazard: a parent and its child are both registered", "[hazards]") {
  const auto done =
      flow(nested(), {{"block1", int64_t{0}}, {"block1.fc", int64_t{0}}}, two_batches);
  CHECK(done.layers.size() == 2);
  const at::Tensor seen = other * done.mask(0) * done.mask(1);
  CHECK(bit_equal(run_forward(done.masked, other), run_forward(nested(), seen)));
}
