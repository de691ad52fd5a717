#include "repair/residual.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "compact/nets.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

const Tensors residual_tensors = {
    {"activation_mask", mask(4, {1}, 2)},
    {"w", weight({4, 4, 3, 3})},
    {"gamma", tensor1d({2, 3, 4, 0}).to(at::kFloat)},
    {"var", tensor1d({4, 1, 1, 1}).to(at::kFloat)},
    {"mean", weight({4})},
    {"factor", tensor1d({1, 2, 1, 1}).to(at::kFloat).view({4, 1, 1})}};
const std::string conv_call = "  y = torch.conv2d(x * self.activation_mask, self.w, None, 1, 1)\n";
const std::string norm_call =
    "  y = torch.batch_norm(y, self.gamma, self.mean, self.mean, self.var, False, 0.1, 0.0, "
    "False)\n";

struct Found {
  FlatModel model;
  MaskedOperators operators;
  std::optional<Residual> residual;
};

Found found_in(const std::string& body) {
  Found found{flatten(net(body, residual_tensors), "forward"), {}, {}};
  RepairConfig config;
  config.method = "mean";
  found.operators = masked_operators(found.model, config);
  found.residual = find_residual(found.operators.operators.at(0));
  return found;
}

}  // namespace

TEST_CASE("a sum behind batch norms and factors is found, with the scale between", "[repair]") {
  const auto found = found_in(conv_call + norm_call + "  return torch.relu(y * self.factor + x)\n");
  REQUIRE(found.residual);
  CHECK(found.residual->other == found.model.graph->inputs()[1]);
  CHECK(at::allclose(found.residual->scale, tensor1d({1, 6, 4, 0}).to(at::kDouble)));
  const auto wanted = normal({2, 4, 3, 3}, 5), was = normal({2, 4, 3, 3}, 6),
             is = normal({2, 4, 3, 3}, 7);
  const auto with = [&](const at::Tensor& other) {
    return with_made_up(wanted, other, is, *found.residual, found.operators.operators[0].window);
  };
  const auto made = with(was) - wanted, lost = was - is;
  CHECK(at::allclose(made.select(1, 1), lost.select(1, 1) / 6, 1e-5, 1e-6));
  CHECK(made.select(1, 3).abs().max().item<float>() == 0);
  CHECK(bit_equal(with(was.slice(0, 0, 1)), wanted));  // of another size
}

TEST_CASE("a plain sum has no scale", "[repair]") {
  const auto found = found_in(conv_call + "  return x + y\n");
  REQUIRE(found.residual);
  CHECK_FALSE(found.residual->scale.defined());
}

TEST_CASE("where the output goes elsewhere, there is no sum to make up for", "[repair]") {
  CHECK_FALSE(found_in(conv_call + "  return torch.relu(y) + x\n").residual);
  CHECK_FALSE(found_in(conv_call + "  return torch.add(y, x, alpha=2)\n").residual);
  CHECK_FALSE(found_in(conv_call + "  return y + x + y.sum()\n").residual);
  CHECK_FALSE(found_in(conv_call + "  return y + 1.0\n").residual);
}
