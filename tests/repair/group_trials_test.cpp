#include "repair/group_trials.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "compact/compare.h"
#include "compact/nets.h"
#include "model/apply_masks.h"
#include "repair/repair.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using torch::jit::Module;

namespace {

using Masks = std::map<std::string, at::Tensor>;

Module layer(const std::string& call, const at::Tensor& its_weight, bool has_bias = true) {
  Tensors tensors = {{"weight", its_weight}};
  if (has_bias) tensors.push_back({"bias", weight({its_weight.size(0)}, 3)});
  return net("  return " + call + "\n", tensors);
}

Module linear_layer(int64_t outputs, int64_t inputs, bool has_bias = true) {
  return layer(
      has_bias ? "torch.linear(x, self.weight, self.bias)" : "torch.linear(x, self.weight)",
      weight({outputs, inputs}), has_bias);
}

const std::string three =
    "  x = torch.relu(self.a.forward(x))\n  x = torch.relu(self.b.forward(x))\n";

// Three layers in a row; b reads the mask that is tried most.
Module chain_of(const std::string& body = three + "  return self.c.forward(x)\n") {
  return net(
      body, {},
      {{"a", linear_layer(8, 6)}, {"b", linear_layer(7, 8, false)}, {"c", linear_layer(4, 7)}});
}

Module with_masks(const Module& model, const Masks& masks) {
  std::vector<MaskSite> sites;
  for (const auto& [name, mask] : masks) sites.push_back({{name, int64_t{0}}, mask});
  return apply_masks(model, sites);
}

std::unique_ptr<BatchSource> trial_data(const std::vector<int64_t>& sizes, int count = 5) {
  std::vector<std::vector<c10::IValue>> all;
  for (int i = 0; i < count; ++i) all.push_back({normal(sizes, 20 + static_cast<uint64_t>(i))});
  return batches_in_memory(all);
}

RepairConfig by(const std::string& method) {
  RepairConfig config;
  config.method = method;
  return config;
}

struct Outputs {
  at::Tensor unmasked;
  std::vector<std::vector<at::Tensor>> trials;
};

Outputs run(const GroupTrials& trials, const at::Tensor& batch, uint64_t number = 0) {
  Outputs outputs;
  trials.run(
      {batch}, number, [&](const auto& output) { outputs.unmasked = output.toTensor(); },
      [&](size_t group, size_t level, const auto& output) {
        outputs.trials.resize(std::max(outputs.trials.size(), group + 1));
        auto& own = outputs.trials[group];
        own.resize(std::max(own.size(), level + 1));
        own[level] = output.toTensor();
      });
  return outputs;
}

}  // namespace

TEST_CASE("without repair a trial gives what the masked model gives", "[repair]") {
  const Module model = chain_of();
  const Masks some = {{"b", mask(8, {1, 2}, 0)}, {"c", mask(7, {0}, 0)}};
  // Asked for against the order in which the model comes to them.
  const std::vector<TrialGroup> groups = {
      {{"c"}, {{{"c", mask(7, {3}, 0)}}, {{"c", mask(7, {3, 4}, 0)}}}},
      {{"b"}, {{{"b", mask(8, {5}, 0)}}}}};
  GroupTrials trials(with_masks(model, some), groups, by("none"));
  trials.fit(*trial_data({16, 6}), [](int64_t, int64_t) { FAIL("nothing is to be fitted"); });
  const at::Tensor x = normal({5, 6}, 1);
  const Outputs found = run(trials, x);
  CHECK(bit_equal(found.unmasked, run_forward(model, x)));
  REQUIRE(found.trials.size() == 2);
  for (size_t group = 0; group < 2; ++group)
    for (size_t level = 0; level < groups[group].levels.size(); ++level)
      CHECK(bit_equal(found.trials[group][level],
                      run_forward(with_masks(model, groups[group].levels[level]), x)));
}

TEST_CASE("a trial solves for what repair() solves for", "[repair]") {
  struct Case {
    std::string body;
    Module reader;
    std::vector<int64_t> sizes;
    at::Tensor mask;
  };
  const auto given = GENERATE(
      Case{"  return self.b.forward(torch.relu(x))\n",
           linear_layer(4, 6),
           {40, 6},
           mask(6, {1, 4}, 0)},
      Case{"  return self.b.forward(torch.relu(x))\n",
           layer("torch.conv2d(x, self.weight, self.bias, [2, 1], [1, 2])", weight({5, 4, 3, 3})),
           {6, 4, 9, 8},
           mask(4, {2}, 2)},
      Case{"  return self.b.forward(torch.relu(x))\n",
           layer("torch.conv2d(x, self.weight, self.bias, [1, 1], [1, 1], [1, 1], 2)",
                 weight({6, 2, 3, 3})),
           {6, 4, 9, 8},
           mask(4, {0, 3}, 2)},
      Case{"  return self.b.forward(torch.relu(x))\n",
           layer("torch.conv1d(x, self.weight, None, 1, 1, 1, 4)", weight({8, 1, 3}), false),
           {12, 4, 20},
           mask(4, {3}, 1)},
      Case{"  return self.b.forward(torch.relu(x))\n",
           layer("torch.conv_transpose2d(x, self.weight, self.bias, [2, 2])", weight({4, 4, 3, 3})),
           {6, 4, 5, 6},
           mask(4, {1, 2}, 2)},
      Case{"  return self.b.forward(torch.relu(x)) + self.b.forward(torch.abs(x))\n",
           linear_layer(4, 6),
           {40, 6},
           mask(6, {1, 4}, 0)});
  const auto method = GENERATE("mean", "linear");
  const Module model = net(given.body, {}, {{"b", given.reader}});
  const Masks masks = {{"b", given.mask}};
  const Module masked = with_masks(model, masks);
  GroupTrials trials(masked, {{{"b"}, {masks, masks}}}, by(method));
  trials.fit(*trial_data(given.sizes), [](int64_t, int64_t) {});
  RepairConfig config = by(method);
  config.batch_norm = false;
  const Repaired wanted = repair(masked, *trial_data(given.sizes),
                                 {config, std::filesystem::temp_directory_path(), {}});
  REQUIRE(wanted.layers.size() == 1);
  REQUIRE(wanted.layers[0].choice != "none");
  const at::Tensor x = normal(given.sizes, 99);
  const Outputs found = run(trials, x);
  const at::Tensor repaired = run_forward(wanted.module, x);
  CHECK(at::allclose(found.trials[0][1], repaired, 1e-4, 1e-5));
  CHECK_FALSE(at::allclose(run_forward(masked, x), repaired, 1e-3, 1e-3));
  CHECK(trials.left().empty());
}

TEST_CASE("a group of several layers is masked and solved for together", "[repair]") {
  const Module model = chain_of();
  const Masks masks = {{"b", mask(8, {1, 2}, 0)}, {"c", mask(7, {0}, 0)}};
  GroupTrials trials(with_masks(model, masks), {{{"c", "b"}, {masks}}}, by("linear"));
  trials.fit(*trial_data({60, 6}), [](int64_t, int64_t) {});
  const at::Tensor x = normal({200, 6}, 1), whole = run_forward(model, x);
  const auto off = [&](const at::Tensor& output) {
    return ((output - whole).norm() / whole.norm()).item<double>();
  };
  const double masked = off(run_forward(with_masks(model, masks), x));
  CHECK(off(run(trials, x).trials[0][0]) < 0.9 * masked);
}

TEST_CASE("a model that writes or draws numbers is run whole each time", "[repair]") {
  const auto body = GENERATE(
      "  y = torch.zeros([5, 6])\n  y.add_(x)\n  y[0] = 1\n"
      "  x = torch.relu(self.a.forward(y))\n  x = torch.relu(self.b.forward(x))\n  return "
      "self.c.forward(x) + y[:, :4]\n",
      "  x = x + torch.rand([5, 6])\n  x = torch.relu(self.a.forward(x))\n  x = "
      "torch.relu(self.b.forward(x))\n"
      "  return self.c.forward(x) + torch.rand([5, 4])\n");
  const Module model = chain_of(body);
  const Masks masks = {{"b", mask(8, {1, 2}, 0)}, {"c", mask(7, {0}, 0)}};
  GroupTrials trials(with_masks(model, masks),
                     {{{"b"}, {{{"b", masks.at("b")}}}}, {{"c"}, {{{"c", masks.at("c")}}}}},
                     by("none"));
  const at::Tensor x = normal({5, 6}, 1);
  const Outputs found = run(trials, x, 11);
  const auto seeded = [&](const Module& each) {
    at::manual_seed(11);
    return run_forward(each, x);
  };
  CHECK(bit_equal(found.unmasked, seeded(model)));
  CHECK(bit_equal(found.trials[0][0], seeded(with_masks(model, {{"b", masks.at("b")}}))));
  CHECK(bit_equal(found.trials[1][0], seeded(with_masks(model, {{"c", masks.at("c")}}))));
}

TEST_CASE("layers that cannot be solved for are masked all the same, and told", "[repair]") {
  SECTION("a mask of single elements") {
    const Module model = chain_of();
    const at::Tensor elements = at::bernoulli(at::full({16, 8}, 0.5));
    const Masks masks = {{"b", elements}};
    GroupTrials trials(with_masks(model, masks), {{{"b"}, {masks}}}, by("linear"));
    trials.fit(*trial_data({16, 6}), [](int64_t, int64_t) {});
    const at::Tensor x = normal({16, 6}, 1);
    CHECK(bit_equal(run(trials, x).trials[0][0], run_forward(with_masks(model, masks), x)));
    REQUIRE(trials.left().size() == 1);
    CHECK(contains(trials.left()[0].reason, "not one of channels"));
  }
  SECTION("a weight that two layers with masks of their own share") {
    Module shared = linear_layer(6, 6);
    Module model = net("  return self.b.forward(torch.relu(self.a.forward(x)))\n", {},
                       {{"a", shared}, {"b", linear_layer(6, 6)}});
    model.attr("b").toModule().setattr("weight", shared.attr("weight"));
    const Masks masks = {{"a", mask(6, {1}, 0)}, {"b", mask(6, {2}, 0)}};
    GroupTrials trials(with_masks(model, masks),
                       {{{"a"}, {{{"a", masks.at("a")}}}}, {{"b"}, {{{"b", masks.at("b")}}}}},
                       by("linear"));
    trials.fit(*trial_data({16, 6}), [](int64_t, int64_t) {});
    REQUIRE(trials.left().size() == 1);
    const at::Tensor x = normal({16, 6}, 1);
    CHECK(bit_equal(run(trials, x).trials[1][0],
                    run_forward(with_masks(model, {{"b", masks.at("b")}}), x)));
  }
}
