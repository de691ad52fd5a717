#include "repair/repair.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "compact/compare.h"
#include "compact/nets.h"
#include "model/verify_masks.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

const auto folder = std::filesystem::temp_directory_path();

std::unique_ptr<BatchSource> batches(const std::vector<int64_t>& sizes, int count = 5) {
  std::vector<std::vector<c10::IValue>> all;
  for (int i = 0; i < count; ++i) all.push_back({normal(sizes, 20 + static_cast<uint64_t>(i))});
  return batches_in_memory(all);
}

RepairConfig linear(std::optional<double> ridge = {}) {
  RepairConfig config;
  config.method = "linear";
  config.ridge = ridge;
  return config;
}

Repaired repaired(const Module& masked, const std::vector<int64_t>& sizes,
                  const RepairConfig& config = linear()) {
  return repair(masked, *batches(sizes), {config, folder, {}});
}

std::vector<c10::IValue> batch(const std::vector<int64_t>& sizes) { return {normal(sizes, 99)}; }

/// The same network without its mask.
Module whole(const std::string& body, Tensors tensors) {
  for (auto& [name, tensor] : tensors)
    if (name == "activation_mask") tensor = at::ones_like(tensor);
  return net(body, tensors);
}

// Output channel 1 of a first layer is the sum of its channels 0 and 2: others can stand for it.
at::Tensor dependent(at::Tensor weight) {
  weight[1] = weight[0] + weight[2];
  return weight;
}

}  // namespace

TEST_CASE("where what is dropped is a combination of what is kept, nothing is lost", "[repair]") {
  struct Case {
    std::string reader;
    std::vector<int64_t> sizes;
    at::Tensor producer, weight;
    int64_t trailing;
    std::string producer_call;
  };
  const auto given =
      GENERATE(Case{"torch.linear(z, self.w, self.b)",
                    {40, 6},
                    weight({5, 6}),
                    weight({3, 5}),
                    0,
                    "torch.linear(x, self.w0)"},
               Case{"torch.conv1d(z, self.w, self.b, 1, 1)",
                    {6, 3, 20},
                    weight({5, 3, 1}),
                    weight({3, 5, 3}),
                    1,
                    "torch.conv1d(x, self.w0)"},
               Case{"torch.conv2d(z, self.w, self.b, [2, 1], [1, 2], [1, 2])",
                    {6, 3, 9, 9},
                    weight({5, 3, 1, 1}),
                    weight({3, 5, 3, 3}),
                    2,
                    "torch.conv2d(x, self.w0)"},
               Case{"torch.conv3d(z, self.w, self.b, 1, 1)",
                    {3, 3, 5, 5, 5},
                    weight({5, 3, 1, 1, 1}),
                    weight({3, 5, 3, 3, 3}),
                    3,
                    "torch.conv3d(x, self.w0)"},
               Case{"torch.conv_transpose2d(z, self.w, self.b, [2, 2], [1, 1], [1, 1])",
                    {6, 3, 9, 9},
                    weight({5, 3, 1, 1}),
                    weight({5, 3, 3, 3}),
                    2,
                    "torch.conv2d(x, self.w0)"});
  const std::string body =
      "  z = " + given.producer_call + " * self.activation_mask\n  return " + given.reader + "\n";
  const Tensors tensors = {{"w0", dependent(given.producer.clone())},
                           {"activation_mask", mask(5, {1}, given.trailing)},
                           {"w", given.weight},
                           {"b", weight({3})}};
  const Module masked = net(body, tensors), unmasked = whole(body, tensors);
  CHECK(compare_outputs(unmasked, masked, batch(given.sizes)).relative > 1e-2);
  const auto result = repaired(masked, given.sizes);
  CHECK(compare_outputs(unmasked, reloaded(result.module), batch(given.sizes)).relative < 1e-5);
  REQUIRE(result.layers.size() == 1);
  CHECK(result.left.empty());
  CHECK(result.layers[0].choice == "linear");
  CHECK(result.layers[0].before > 1e-2);
  CHECK(result.layers[0].after < 1e-5);
  CHECK(result.layers[0].held_out_after < 1e-5);
  CHECK(result.layers[0].rows > 0);
}

TEST_CASE("a bias that there was not is a buffer of the layer's", "[repair]") {
  const Module masked = net("  return torch.linear(x * self.activation_mask, self.w)\n",
                            {{"activation_mask", mask(4, {1}, 0)}, {"w", weight({3, 4})}});
  const auto result = repaired(masked, {30, 4});
  CHECK(shapes(result.module) ==
        Shapes{{"activation_mask", {4}}, {"repaired_bias", {3}}, {"w", {3, 4}}});
  CHECK_FALSE(result.module.attr("repaired_bias").toTensor().requires_grad());
  const Module back = reloaded(result.module);
  CHECK(bit_equal(run_forward(back, normal({7, 4}, 3)),
                  run_forward(result.module, normal({7, 4}, 3))));
  // The model that was given stays what it was.
  CHECK(shapes(masked).count("repaired_bias") == 0);
  CHECK(bit_equal(masked.attr("w").toTensor(), weight({3, 4})));
}

TEST_CASE("layer after layer is repaired on what really enters it", "[repair]") {
  const std::string body =
      "  a = torch.relu(torch.linear(x, self.w0)) * self.activation_mask\n"
      "  b = torch.relu(torch.linear(a, self.w1)) * self.activation_mask_1\n"
      "  return torch.linear(b, self.w2)\n";
  const Tensors tensors = {{"w0", dependent(weight({6, 8}))},
                           {"activation_mask", mask(6, {1, 4}, 0)},
                           {"w1", weight({6, 6})},
                           {"activation_mask_1", mask(6, {0, 2}, 0)},
                           {"w2", weight({3, 6}, 2)}};
  const Module masked = net(body, tensors);
  Tensors open = tensors;
  for (auto& [name, tensor] : open)
    if (contains(name, "mask")) tensor = at::ones_like(tensor);
  const Module unmasked = net(body, open);
  const auto error = [&](const Module& model) {
    return compare_outputs(unmasked, model, batch({200, 8})).relative;
  };
  RepairConfig apart = linear();
  apart.sequential = false;
  const auto together = repaired(masked, {200, 8}), alone = repaired(masked, {200, 8}, apart);
  REQUIRE(together.layers.size() == 2);
  CHECK(error(together.module) < error(masked));
  CHECK(error(together.module) <= error(alone.module));
}

TEST_CASE("a layer makes up for what the other operand of its sum has lost", "[repair]") {
  const std::string body =
      "  a = torch.linear(x * self.activation_mask, self.w0)\n"
      "  return a + torch.linear(x * self.activation_mask_1, self.w1)\n";
  // What the first one misses the second one sees; but the first takes a little of it for what it
  // sees itself, as far as they are alike by chance.
  const at::Tensor second = weight({3, 4}, 2);
  second.select(1, 1).zero_();
  const Tensors tensors = {{"activation_mask", mask(4, {0}, 0)},
                           {"w0", weight({3, 4})},
                           {"activation_mask_1", mask(4, {1}, 0)},
                           {"w1", second}};
  Tensors open = tensors;
  for (auto& [name, tensor] : open)
    if (contains(name, "mask")) tensor = at::ones_like(tensor);
  const auto result = repaired(net(body, tensors), {60, 4}, linear(0.0));
  CHECK(compare_outputs(net(body, open), result.module, batch({60, 4})).relative < 0.02);
}

TEST_CASE("a layer makes up for a masked operand, too", "[repair]") {
  const std::string body = "  z = x * self.activation_mask\n  return z + torch.linear(z, self.w)\n";
  at::Tensor whole_weight = weight({4, 4});
  whole_weight[1].zero_();
  // What the sum has lost of channel 1 is twice channel 0.
  const Tensors tensors = {{"activation_mask", mask(4, {1}, 0)}, {"w", whole_weight}};
  std::vector<std::vector<c10::IValue>> all;
  for (uint64_t i = 0; i < 5; ++i) {
    at::Tensor x = normal({30, 4}, 20 + i);
    x.select(1, 1).copy_(2 * x.select(1, 0));
    all.push_back({x});
  }
  const Module masked = net(body, tensors), unmasked = whole(body, tensors);
  const auto result = repair(masked, *batches_in_memory(all), {linear(0.0), folder});
  CHECK(compare_outputs(unmasked, result.module, {all[0]}).relative < 1e-5);
}

TEST_CASE("a layer that is called twice gets one solution for all calls", "[repair]") {
  const Module masked =
      net("  a = torch.linear(x * self.activation_mask, self.w)\n"
          "  return torch.linear(torch.relu(a) * self.activation_mask, self.w)\n",
          {{"activation_mask", mask(4, {1}, 0)}, {"w", weight({4, 4})}});
  const auto result = repaired(masked, {50, 4});
  REQUIRE(result.layers.size() == 1);
  CHECK(result.layers[0].rows == 2 * 5 * 50);
  CHECK(result.layers[0].held_out_after < result.layers[0].held_out_before);
}

TEST_CASE("what is held out decides, and what does not improve there stays", "[repair]") {
  // Nothing that is kept tells anything of what was dropped, and its mean is 0 but by chance.
  const Module masked = net(
      "  return torch.linear(x * self.activation_mask, self.w, self.b)\n",
      {{"activation_mask", mask(40, {0, 1, 2}, 0)}, {"w", weight({3, 40})}, {"b", weight({3})}});
  const auto result = repaired(masked, {10, 40});
  REQUIRE(result.layers.size() == 1);
  CHECK(result.layers[0].held_out_after <= result.layers[0].held_out_before);
  RepairConfig none_held_out = linear(0.0);
  none_held_out.holdout = 0;
  const auto all = repaired(masked, {10, 40}, none_held_out);
  CHECK(all.held_out == 0);
  CHECK(all.layers[0].held_out_after == -1);
  RepairConfig little = linear();
  little.holdout = 0.1;
  const auto error = error_of([&] { repaired(masked, {10, 40}, little); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(contains(error.what(), "5 batches"));
}

TEST_CASE("the means of what is dropped go into the bias", "[repair]") {
  const Module masked =
      net("  return torch.linear((x + 3) * self.activation_mask, self.w, self.b)\n",
          {{"activation_mask", mask(4, {1}, 0)}, {"w", weight({3, 4})}, {"b", weight({3})}});
  RepairConfig mean = linear();
  mean.method = "mean";
  const auto result = repaired(masked, {400, 4}, mean);
  CHECK(result.layers[0].choice == "mean");
  CHECK(bit_equal(result.module.attr("w").toTensor(), masked.attr("w").toTensor()));
  const auto wanted = masked.attr("b").toTensor() + 3 * masked.attr("w").toTensor().select(1, 1);
  CHECK(at::allclose(result.module.attr("b").toTensor(), wanted, 0, 0.2));
}

TEST_CASE("a batch norm behind masks takes the statistics of what enters it now", "[repair]") {
  const std::string body =
      "  y = torch.conv1d(torch.relu(x) * self.activation_mask, self.w)\n"
      "  return torch.batch_norm(y, self.gamma, self.beta, self.mean, self.var, False, 0.1, 1e-5, "
      "False)\n";
  std::vector<at::Tensor> all;
  for (int i = 0; i < 5; ++i) all.push_back(normal({40, 6, 5}, 20 + static_cast<uint64_t>(i)));
  const auto given = [&](const at::Tensor& by) {
    return at::conv1d(at::cat(all).relu() * by, weight({3, 6, 1})).transpose(0, 1).flatten(1);
  };
  const at::Tensor unmasked = given(at::ones({6, 1}));
  const Tensors tensors = {{"activation_mask", mask(6, {0, 2, 4}, 1)},
                           {"w", weight({3, 6, 1})},
                           {"gamma", weight({3}, 2)},
                           {"beta", weight({3}, 3)},
                           {"mean", unmasked.mean(1)},
                           {"var", unmasked.var(1, false)}};
  RepairConfig config;
  config.batch_norm = true;
  const auto result = repaired(net(body, tensors), {40, 6, 5}, config);
  REQUIRE(result.layers.size() == 1);
  CHECK(result.left.empty());
  CHECK(result.layers[0].choice == "batch_norm");
  CHECK(result.layers[0].after < result.layers[0].before);
  const at::Tensor entered = given(tensors[0].second);
  CHECK(at::allclose(result.module.attr("mean").toTensor(), entered.mean(1), 1e-4, 1e-5));
  CHECK(at::allclose(result.module.attr("var").toTensor(), entered.var(1, false), 1e-4, 1e-5));
  CHECK(bit_equal(result.module.attr("w").toTensor(), tensors[1].second));
}

TEST_CASE("batch norms of images, one behind the other before a sum, are taken anew", "[repair]") {
  const Module masked =
      net("  y = torch.conv2d(torch.relu(x) * self.activation_mask, self.w)\n"
          "  y = torch.batch_norm(y, None, None, self.mean, self.var, False, 0.1, 1e-5, False)\n"
          "  y = torch.batch_norm(y, None, None, self.mean2, self.var2, False, 0.1, 1e-5, False)\n"
          "  return y + x[:, :3]\n",
          {{"activation_mask", mask(6, {0, 2, 4}, 2)},
           {"w", weight({3, 6, 1, 1})},
           {"mean", at::zeros({3})},
           {"var", at::full({3}, 2.0)},
           {"mean2", weight({3})},
           {"var2", at::full({3}, 0.5)}});
  RepairConfig config;
  config.batch_norm = true;
  const auto result = repaired(masked, {8, 6, 5, 4}, config);
  REQUIRE(result.layers.size() == 2);
  CHECK(result.layers[0].choice == "batch_norm");
}

TEST_CASE("a batch norm is left where least squares come before it, or nothing gets better",
          "[repair]") {
  const std::string body =
      "  y = torch.linear(x * self.activation_mask, self.w)\n"
      "  return torch.batch_norm(y, None, None, self.mean, self.var, False, 0.1, 1e-5, False)\n";
  const Tensors tensors = {{"activation_mask", mask(4, {1}, 0)},
                           {"w", weight({3, 4})},
                           {"mean", at::zeros({3})},
                           {"var", at::full({3}, 3.0)}};
  const auto choices = [&](const std::string& method, std::optional<bool> batch_norm) {
    RepairConfig config;
    config.method = method;
    config.batch_norm = batch_norm;
    std::vector<std::string> found;
    for (const auto& layer : repaired(net(body, tensors), {40, 4}, config).layers)
      found.push_back(layer.choice);
    return found;
  };
  CHECK(choices("linear", std::nullopt).size() == 1);
  CHECK(choices("linear", true).size() == 2);
  CHECK(choices("mean", false).size() == 1);
  // Noise that takes the place of signal is no better for being louder.
  CHECK(choices("mean", std::nullopt).back() == "none");
  CHECK(choices("none", true) == std::vector<std::string>{"batch_norm"});
}

TEST_CASE("a recurrent layer's input weights are solved for, in all directions", "[repair]") {
  const std::string cell = GENERATE("lstm", "gru");
  const int64_t gates = cell == "lstm" ? 4 : 3;
  const std::string state = "torch.zeros(2, x.size(0), 5)";
  const std::string body =
      "  z = torch.linear(x, self.w0) * self.activation_mask\n"
      "  params = [self.wi, self.wh, self.bi, self.bh, self.wir, self.whr, self.bir, self.bhr]\n"
      "  return torch." +
      cell + "(z, " + (cell == "lstm" ? "[" + state + ", " + state + "]" : state) +
      ", params, True, 1, 0.0, False, True, True)[0]\n";
  const Tensors tensors = {{"w0", dependent(weight({6, 4}))},  {"activation_mask", mask(6, {1}, 0)},
                           {"wi", weight({gates * 5, 6})},     {"wh", weight({gates * 5, 5})},
                           {"bi", weight({gates * 5})},        {"bh", weight({gates * 5}, 2)},
                           {"wir", weight({gates * 5, 6}, 2)}, {"whr", weight({gates * 5, 5}, 2)},
                           {"bir", weight({gates * 5}, 3)},    {"bhr", weight({gates * 5}, 4)}};
  const Module masked = net(body, tensors), unmasked = whole(body, tensors);
  CHECK(compare_outputs(unmasked, masked, batch({8, 7, 4})).relative > 1e-2);
  const auto result = repaired(masked, {8, 7, 4});
  REQUIRE(result.layers.size() == 1);
  CHECK(compare_outputs(unmasked, reloaded(result.module), batch({8, 7, 4})).relative < 1e-4);
}

TEST_CASE("what is known of an earlier process is not solved again, to the same bytes",
          "[repair]") {
  const std::string body =
      "  a = torch.relu(torch.linear(x * self.activation_mask, self.w0))\n"
      "  return torch.linear(torch.log(a - 9) * self.activation_mask_1, self.w2) + torch.linear(\n"
      "      a * self.activation_mask_1, self.w1)\n";
  const Module masked = net(body, {{"activation_mask", mask(4, {1}, 0)},
                                   {"w0", weight({6, 4})},
                                   {"activation_mask_1", mask(6, {0, 2}, 0)},
                                   {"w1", weight({3, 6})},
                                   {"w2", weight({3, 6}, 2)}});
  std::vector<std::vector<LayerOutcome>> kept;
  RepairOptions options{linear(), folder, {}};
  options.keep = [&](const auto& layers) { kept.push_back(layers); };
  const auto wanted = repair(masked, *batches({40, 4}), options);
  REQUIRE(kept.size() == 3);
  for (const auto& known : kept) {
    size_t solved = 0;
    RepairOptions later{linear(), folder, {}, known};
    later.keep = [&](const auto& layers) { solved = layers.size() - known.size(); };
    const auto result = repair(masked, *batches({40, 4}), later);
    CHECK(solved == 3 - known.size());
    CHECK(saved(result.module) == saved(wanted.module));
    CHECK(result.layers.size() == wanted.layers.size());
    CHECK(result.left.size() == wanted.left.size());
  }
}

TEST_CASE("numbers that are not finite leave a layer as it is, and are told", "[repair]") {
  const Module masked = net("  return torch.linear(torch.log(x) * self.activation_mask, self.w)\n",
                            {{"activation_mask", mask(4, {1}, 0)}, {"w", weight({3, 4})}});
  const auto result = repaired(masked, {10, 4});
  CHECK(result.layers.empty());
  REQUIRE(result.left.size() == 1);
  CHECK(contains(result.left[0].reason, "not finite"));
}

TEST_CASE("modules keep the mode they were in", "[repair]") {
  Module masked = net(
      "  return torch.linear(x * self.activation_mask, self.w, self.b)\n",
      {{"activation_mask", mask(4, {1}, 0)}, {"w", dependent(weight({3, 4}))}, {"b", weight({3})}});
  masked.train();
  const auto result = repaired(masked, {60, 4}, linear(0.0));
  CHECK(result.module.is_training());
  CHECK(masked.is_training());
}

TEST_CASE("what has nothing to repair stays the model it is", "[repair]") {
  const Module masked = net("  return torch.relu(x * self.activation_mask)\n",
                            {{"activation_mask", mask(4, {1}, 0)}});
  const auto result = repaired(masked, {10, 4});
  CHECK(saved(result.module) == saved(masked));
  REQUIRE(result.left.size() == 1);
}
