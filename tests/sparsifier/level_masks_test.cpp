#include "sparsifier/level_masks.h"

#include <ATen/Functions.h>

#include "sparsifier/helpers.h"
#include "support/catch.h"

using namespace actsparse;

TEST_CASE("masks at several levels are those that a step at each would give", "[sparsifier]") {
  const auto sparsifier = sparsifier_of(chain());
  auto own = sparsifier_of(chain());
  own.register_layer("a");
  forward(own, normal({4, 8}, 1));
  const std::vector<double> levels = {0.25, 0.5, 1};
  const auto masks = masks_at(own.layers(), levels, own.functions(), 4, nullptr);
  REQUIRE(masks.size() == levels.size());
  for (size_t i = 0; i < levels.size(); ++i) {
    auto stepped = sparsifier_of(chain(), {{"sparse_config", {{"sparsity_level", levels[i]}}}});
    stepped.register_layer("a");
    forward(stepped, normal({4, 8}, 1));
    stepped.step();
    REQUIRE(masks[i].count("a") == 1);
    CHECK(masks[i].at("a").equal(mask_of(stepped, "a")));
  }
}

TEST_CASE("a layer whose mask_fn takes no sparsity has no level, and it is told why",
          "[sparsifier]") {
  auto own = sparsifier_of(chain());
  own.register_layer("a");
  own.register_layer(
      "b", settings({{"mask_fn", "threshold"},
                     {"sparse_config", {{"sparsity_level", nullptr}, {"threshold", 1}}}}));
  const auto layers = own.layers();
  CHECK_FALSE(why_no_level(layers[0], own.functions()));
  const auto reason = why_no_level(layers[1], own.functions());
  REQUIRE(reason);
  CHECK(contains(*reason, "'threshold'"));
  CHECK(contains(*reason, "sparsity_level"));
}

TEST_CASE("a reduce_fn is asked once for all levels", "[sparsifier]") {
  auto own = sparsifier_of(chain());
  own.register_layer("a");
  forward(own, normal({4, 8}, 1));
  const auto layers = own.layers();
  Policy policy;
  for (const auto& layer : layers) policy.layers.push_back(layer.settings);
  policy.functions = own.functions();
  policy.reduced = std::make_shared<std::map<std::pair<std::string, size_t>, Evidence>>();
  const Statistics statistics(layers.begin(), layers.end());
  choose(statistics, policy);
  REQUIRE(policy.reduced->size() == 1);
  // What is kept is what counts from now on.
  auto& kept = policy.reduced->begin()->second.value;
  kept = at::arange(kept.numel(), kept.options()).view(kept.sizes());
  const auto gate = choose(statistics, policy).gates[0];
  const auto mask = as_list(mask_of(gate)).at(0).flatten();
  CHECK(mask[0].item<float>() == 0);
  CHECK(mask[mask.numel() - 1].item<float>() == 1);
}
