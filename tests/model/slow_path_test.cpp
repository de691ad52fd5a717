#include "model/slow_path.h"

#include <ATen/ATen.h>
#include <torch/version.h>

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

constexpr int64_t width = 8;

void add_parameter(Module& model, const std::string& name, const std::vector<int64_t>& sizes,
                   uint64_t seed) {
  model.register_parameter(name, normal(sizes, seed) / 3, /*is_buffer=*/false);
}

// What the tracer makes of torch.nn.MultiheadAttention and TransformerEncoderLayer without
// autograd.
Module with_parameters(const std::string& body) {
  Module model("__torch__.Attention");
  model.register_attribute("training", c10::BoolType::get(), false);
  add_parameter(model, "w", {3 * width, width}, 1);
  add_parameter(model, "b", {3 * width}, 2);
  add_parameter(model, "out_w", {width, width}, 3);
  add_parameter(model, "out_b", {width}, 4);
  add_parameter(model, "norm_w", {width}, 5);
  add_parameter(model, "norm_b", {width}, 6);
  add_parameter(model, "w1", {12, width}, 7);
  add_parameter(model, "b1", {12}, 8);
  add_parameter(model, "w2", {width, 12}, 9);
  add_parameter(model, "b2", {width}, 10);
  model.define("def forward(self, x: Tensor) -> Tensor:\n" + body);
  return model;
}

const std::string fast_attention =
    "torch._native_multi_head_attention(x, x, x, 8, 2, self.w, self.b, self.out_w, self.out_b, ";

std::string encoder_layer(const std::string& gelu, const std::string& norm_first) {
  return "torch._transformer_encoder_layer_fwd(x, 8, 2, self.w, self.b, self.out_w, self.out_b, " +
         gelu + ", " + norm_first +
         ", 1e-5, self.norm_w, self.norm_b, self.norm_w, self.norm_b, self.w1, self.b1, self.w2, "
         "self.b2, mask, mask_type)";
}

double difference(const Module& a, const Module& b) {
  const auto x = normal({2, 5, width}, 11);
  const at::NoGradGuard guard;
  return (run_forward(a, x) - run_forward(b, x)).abs().max().item<double>();
}

void check_slow(const Module& model) {
  REQUIRE(has_fast_path(model));
  const auto before = all_graphs(model);
  const Module slow = slow_clone(model);
  CHECK_FALSE(has_fast_path(slow));
  CHECK(all_graphs(model) == before);
  CHECK(difference(model, slow) < 1e-5);
  CHECK(difference(model, reloaded(slow)) < 1e-5);
}

}  // namespace

TEST_CASE("Attention in the open becomes what it computes", "[model]") {
  check_slow(with_parameters("  return " + fast_attention + "None, False, True, None)[0]\n"));
  check_slow(with_parameters("  return " + fast_attention + "None, True, True, None)[1]\n"));
  check_slow(with_parameters("  mask = torch.arange(5) > torch.tensor([[2], [3]])\n  return " +
                             fast_attention + "mask, False, True, 1)[0]\n"));
#if TORCH_VERSION_MAJOR >= 2  // before, only one of [samples, sources] was taken
  check_slow(with_parameters("  mask = torch.arange(5) > torch.arange(5).unsqueeze(1)\n  return " +
                             fast_attention + "mask, False, True, 0)[0]\n"));
#endif
}

TEST_CASE("Attention between two values becomes what it computes", "[model]") {
  const std::string cross =
      "torch._native_multi_head_attention(x, y, y, 8, 2, self.w, self.b, self.out_w, self.out_b, ";
  check_slow(with_parameters("  y = x + 1\n  return " + cross + "None, False, True, None)[0]\n"));
}

TEST_CASE("Encoder layers in the open become what they compute", "[model]") {
  for (const std::string gelu : {"True", "False"})
    for (const std::string norm_first : {"True", "False"}) {
      INFO("gelu " << gelu << ", norm_first " << norm_first);
      check_slow(with_parameters("  mask = None\n  mask_type = None\n  return " +
                                 encoder_layer(gelu, norm_first) + "\n"));
    }
}

TEST_CASE("A branch that holds the fast path is never taken", "[model]") {
  const Module model = with_parameters(
      "  done = False\n  y = x\n  if not torch.is_grad_enabled():\n    y = " + fast_attention +
      "None, False, True, None)[0]\n    done = True\n  if not done:\n    y = x * 2\n"
      "  return y\n");
  const Module slow = slow_clone(model);
  CHECK(has_fast_path(slow));
  const at::NoGradGuard guard;
  const auto x = normal({2, 5, width}, 12);
  CHECK(bit_equal(run_forward(slow, x), x * 2));
  CHECK_FALSE(bit_equal(run_forward(model, x), x * 2));
}

TEST_CASE("An operator on nested tensors stays", "[model]") {
  const Module model = with_parameters(
      "  y = torch._nested_tensor_from_mask(x, torch.ones(2, 5) > 0)\n  return "
      "torch._native_multi_head_attention(y, y, y, 8, 2, self.w, self.b, self.out_w, self.out_b, "
      "None, False, True, None)[0].to_padded_tensor(0.)\n");
  const Module slow = slow_clone(model);
  CHECK(has_fast_path(slow));
  CHECK(difference(model, slow) == 0);
}
