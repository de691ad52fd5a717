// Dtypes and shapes.
#include <ATen/ATen.h>

#include "hazards/flow.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

const std::vector<Site> layer_l = {{"l", int64_t{0}}};

Module around(const Module& layer, const std::string& input = "x") {
  return make_module("Model",
                     "def forward(self, x: Tensor) -> Tensor:\n"
                     "  return self.l.forward(" +
                         input + ")\n",
                     {{"l", layer}});
}

}  // namespace

TEST_CASE("hazard: the mask has the dtype of the layer's input", "[hazards]") {
  for (const auto dtype : {at::kHalf, at::kBFloat16, at::kDouble}) {
    INFO(c10::toString(dtype));
    const at::Tensor x = normal({4, 6}, 1).to(dtype);
    const auto done = flow(around(twice()), layer_l, {{x}, {x}});
    CHECK(done.mask().scalar_type() == dtype);
    CHECK(run_forward(done.masked, x).scalar_type() == dtype);
  }
}

TEST_CASE("hazard: a model in float32 with one layer in half", "[hazards]") {
  const auto done = flow(around(twice(), "x.to(5)"), layer_l, {{normal({4, 6}, 1)}});
  CHECK(done.mask().scalar_type() == at::kHalf);
}

TEST_CASE("hazard: integer inputs are masked in their own dtype", "[hazards]") {
  const Module embedding = make_module("Embedding",
                                       "def forward(self, x: Tensor) -> Tensor:\n  return "
                                       "torch.ones([10, 2])[x] + x.unsqueeze(-1)\n");
  const at::Tensor indices = at::arange(12).reshape({3, 4}).remainder(10);
  const nlohmann::json extremes = {{"aggregate_fn", "max"},
                                   {"reduce_fn", {{"name", "max"}, {"dim", {0}}}}};
  const auto done = flow(around(embedding), layer_l, {{indices}, {indices}}, extremes);
  CHECK(done.mask().scalar_type() == at::kLong);
  CHECK(bit_equal(run_forward(done.masked, indices),
                  run_forward(around(embedding), indices * done.mask())));
}

TEST_CASE("hazard: a quantized input is refused", "[hazards]") {
  const Module dequantize = make_module(
      "Dequantize", "def forward(self, x: Tensor) -> Tensor:\n  return x.dequantize()\n");
  const Module model = around(dequantize, "torch.quantize_per_tensor(x, 0.1, 0, 13)");
  const std::string message = refusal(ErrorKind::Model, model, layer_l, {{normal({4, 6}, 1)}});
  INFO(message);
  CHECK(contains(message, "layer 'l'"));
  CHECK(contains(message, "the input is quantized or sparse, which cannot be aggregated"));
}

TEST_CASE("hazard: a masked model takes batch sizes that were never calibrated", "[hazards]") {
  const auto done = flow(around(twice()), layer_l, {{normal({4, 6}, 1)}});
  for (const int64_t size : {1, 3, 9, 0}) {
    const at::Tensor x = normal({size, 6}, 2);
    CHECK(bit_equal(run_forward(done.masked, x), x * done.mask() * 2));
  }
}

TEST_CASE("hazard: shapes that differ from call to call name layer, call and both", "[hazards]") {
  const Module model =
      make_module("Model",
                  "def forward(self, x: Tensor) -> Tensor:\n"
                  "  return self.l.forward(x).sum() + self.l.forward(x[:, 1:]).sum()\n",
                  {{"l", twice()}});
  const std::string message = refusal(ErrorKind::Data, model, layer_l, {{normal({4, 6}, 1)}});
  for (const char* part : {"layer 'l'", "call 2", "[4, 6]", "[4, 5]"}) {
    INFO(message);
    CHECK(contains(message, part));
  }
}
