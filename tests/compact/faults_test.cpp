// What the comparison that guards the written file sees: deliberate faults in a small model.
#include <ATen/Context.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>

#include <functional>

#include "compact/compare.h"
#include "compact/nets.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

Module masked_net() {
  return net(
      "  y = torch.relu(torch.conv2d(x, self.w1, self.b1)) * self.activation_mask\n"
      "  z = torch.relu(torch.conv2d(y, self.w2, self.b2)) * self.activation_mask_1\n"
      "  return torch.linear(torch.mean(z, [2, 3]), self.w3, self.b3)\n",
      {{"w1", weight({6, 3, 3, 3})},
       {"b1", weight({6})},
       {"activation_mask", mask(6, {0, 4}, 2)},
       {"w2", weight({8, 6, 3, 3})},
       {"b2", weight({8})},
       {"activation_mask_1", mask(8, {1, 2, 7}, 2)},
       {"w3", weight({4, 8})},
       {"b3", weight({4})}});
}

std::vector<c10::IValue> images() { return {normal({4, 3, 8, 8}, 3)}; }

Difference with_fault(const std::function<void(Module&)>& spoil) {
  const Module masked = masked_net();
  Module small = compacted(masked, {3, 8, 8}).module;
  spoil(small);
  return compare_outputs(masked, small, images());
}

at::Tensor tensor(const Module& module, const std::string& name) {
  return module.attr(name).toTensor();
}

}  // namespace

TEST_CASE("a needed channel that is dropped shows, whichever it is", "[compact]") {
  for (const char* name : {"w1", "w2", "w3"})
    for (int64_t axis = 0; axis < 2; ++axis) {
      const int64_t size = tensor(compacted(masked_net(), {3, 8, 8}).module, name).size(axis);
      for (int64_t channel = 0; channel < size; ++channel) {
        CAPTURE(name, axis, channel);
        const auto difference = with_fault([&](Module& small) {
          tensor(small, name).select(axis, channel).zero_();
          if (axis == 0 && std::string(name) != "w3")
            tensor(small, "b" + std::string(name).substr(1))[channel] = 0;
        });
        CHECK(difference.relative > 1e-5);
      }
    }
}

TEST_CASE("columns in another order show", "[compact]") {
  for (const char* name : {"w1", "w2", "w3"})
    CHECK(with_fault([&](Module& small) {
            tensor(small, name).copy_(tensor(small, name).roll({1}, {1}));
          }).relative > 1e-5);
}

TEST_CASE("a bias that is forgotten shows", "[compact]") {
  for (const char* name : {"b1", "b2", "b3"})
    CHECK(with_fault([&](Module& small) { tensor(small, name).zero_(); }).relative > 1e-5);
}

TEST_CASE("another form or shape of the answer is an error", "[compact]") {
  const auto returning = [](const std::string& text) { return net("  return " + text + "\n", {}); };
  const auto error =
      error_of([&] { compare_outputs(returning("x"), returning("x[:, 1:]"), images()); });
  CHECK(error.kind() == ErrorKind::Check);
  CHECK(contains(error.what(), "another shape"));
  CHECK(error_of([&] {
          compare_outputs(returning("x"), returning("x.view(1, 7)"), images());
        }).kind() == ErrorKind::Check);
}

TEST_CASE("NaN and infinities at the same places are equal, integers are exact", "[compact]") {
  const auto returning = [](const std::string& text) { return net("  return " + text + "\n", {}); };
  const auto relative = [&](const std::string& a, const std::string& b) {
    return compare_outputs(returning(a), returning(b), images()).relative;
  };
  CHECK(relative("torch.sqrt(x)", "torch.sqrt(x)") == 0);
  CHECK(relative("x / 0", "x / 0") == 0);
  CHECK(relative("x / 0", "x") > 1);
  CHECK(relative("torch.sqrt(x)", "torch.sqrt(torch.abs(x))") > 0);
  CHECK(relative("(x * 100).long()", "(x * 100).long()") == 0);
  CHECK(relative("(x * 100).long()", "(x * 100).long() + 1") == 1);
}

TEST_CASE("a difference is also told against what samples differ by", "[compact]") {
  const auto returning = [](const std::string& text) { return net("  return " + text + "\n", {}); };
  const auto difference =
      compare_outputs(returning("x * 0.000001 + 1"), returning("x * 0.000002 + 1"), images());
  CHECK(difference.relative < 1e-5);
  CHECK(difference.over_variation > 0.1);
  CHECK(difference.varies);
  CHECK_FALSE(compare_outputs(returning("x * 0"), returning("x * 0"), images()).varies);
}

TEST_CASE("one sample, alone or repeated, does not tell what samples differ by", "[compact]") {
  const Module a = net("  return x * 0 + 1\n", {}), b = net("  return x * 0 + 1.000001\n", {});
  const auto image = normal({1, 3, 8, 8}, 3);
  for (const auto& x : {image, image.repeat({4, 1, 1, 1})}) {
    const auto difference = compare_outputs(a, b, {x});
    CHECK(difference.relative > 0);
    CHECK(difference.over_variation == 0);
    CHECK(difference.varies);
  }
  const auto further = compare_on_all(a, b, {{image}, {normal({1, 3, 8, 8}, 4)}});
  CHECK_FALSE(further.varies);
  CHECK(further.over_variation > 1);
}

TEST_CASE("both models draw the same random numbers, and nobody else's change", "[compact]") {
  const Module sampling = net("  return x + torch.randn_like(x)\n", {});
  at::manual_seed(5);
  const auto expected = at::randn({3});
  at::manual_seed(5);
  CHECK(compare_outputs(sampling, sampling, images()).relative == 0);
  CHECK(at::randn({3}).equal(expected));
}

TEST_CASE("a model that writes into its input does not change what the other one gets",
          "[compact]") {
  const Module writing = net("  return x.add_(1)\n", {});
  const auto batch = images();
  const auto before = batch[0].toTensor().clone();
  CHECK(compare_outputs(writing, writing, batch).relative == 0);
  CHECK(batch[0].toTensor().equal(before));
}

TEST_CASE("NestedTensors that a model returns are compared row by row", "[compact]") {
  const auto returning = [](double factor) {
    return net(
        "  mask = torch.ones([x.size(0), x.size(1)]) > 0\n"
        "  return torch._nested_tensor_from_mask(x * self.factor, mask)\n",
        {{"factor", at::full({1}, factor)}});
  };
  const at::Tensor x = normal({2, 3, 4}, 1);
  CHECK(compare_outputs(returning(2), returning(2), {x}).relative == 0);
  CHECK(compare_outputs(returning(2), returning(3), {x}).relative > 0.1);
}
