#include "repair/hints.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "compact/nets.h"
#include "repair/distance.h"
#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

Module blocks(const std::string& masked, uint64_t seed) {
  return net("  y = x + torch.linear(torch.relu(torch.linear(x, self.w0))" + masked +
                 ", self.w1, self.b)\n  return y + torch.linear(y, self.w2)\n",
             {{"activation_mask", mask(6, {1}, 0)},
              {"w0", weight({6, 4})},
              {"w1", weight({4, 6}, seed)},
              {"b", weight({4}, seed)},
              {"w2", weight({4, 4})}});
}

const std::vector<c10::IValue> hinted_batch = {normal({5, 4}, 7)};

}  // namespace

TEST_CASE("hints are the residual sums that both models have, in one order", "[repair]") {
  const Module teacher = blocks("", 1), student = blocks(" * self.activation_mask", 1);
  const Hints hints(teacher, student, "forward", false);
  REQUIRE(hints.has_any());
  const auto wanted = hints.teacher(hinted_batch).sums;
  const auto given = hints.student(hinted_batch);
  REQUIRE(wanted.size() == 2);
  REQUIRE(given.sums.size() == 2);
  CHECK(bit_equal(wanted[1], Module(teacher).forward(hinted_batch).toTensor()));
  CHECK_FALSE(bit_equal(given.sums[1], wanted[1]));
  CHECK(bit_equal(given.returned.toTensor(), given.sums[1]));
}

TEST_CASE("what the student is told reaches its parameters", "[repair]") {
  const Module teacher = blocks("", 1), student = blocks(" * self.activation_mask", 2);
  for (const auto& parameter : student.parameters()) parameter.requires_grad_(true);
  const Hints hints(teacher, student, "forward", false);
  const auto given = hints.student(hinted_batch);
  distance({given.sums[0]}, {hints.teacher(hinted_batch).sums[0]}, "mse").backward();
  CHECK(student.attr("w0").toTensor().grad().abs().sum().item<float>() > 0);
  CHECK(student.attr("b").toTensor().grad().abs().sum().item<float>() > 0);
  // Comes after the first sum.
  const at::Tensor later = student.attr("w2").toTensor().grad();
  CHECK((!later.defined() || later.abs().sum().item<float>() == 0));
}

TEST_CASE("sums of which masks take channels are no hints unless they are asked for", "[repair]") {
  const std::string body =
      "  y = x + torch.linear(torch.relu(x), self.w0)\n"
      "  z = torch.relu(y) * self.activation_mask\n  return torch.linear(z, self.w1)\n";
  const Module masked = net(
      body, {{"activation_mask", mask(4, {1}, 0)}, {"w0", weight({4, 4})}, {"w1", weight({3, 4})}});
  CHECK_FALSE(Hints(masked, masked, "forward", false).has_any());
  CHECK(Hints(masked, masked, "forward", true).has_any());
}

TEST_CASE("a model without residual sums has no hints", "[repair]") {
  const Module chain = net("  return torch.linear(torch.relu(torch.linear(x, self.w0)), self.w1)\n",
                           {{"w0", weight({6, 4})}, {"w1", weight({4, 6})}});
  CHECK_FALSE(Hints(chain, chain, "forward", false).has_any());
}
