// Items 30-33 of the reference's behaviour, and the defects about the masked model.
#include <ATen/ops/full.h>

#include "model/layer_tree.h"
#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;
using torch::jit::Module;

namespace {

ActivationSparsifier stepped(const Module& model, const std::string& layer, const at::Tensor& x,
                             const LayerSettings& overrides = {},
                             const InputSelector& input = int64_t{0}) {
  auto sparsifier = sparsifier_of(model);
  sparsifier.register_layer(layer, overrides, input);
  forward(sparsifier, x);
  sparsifier.step();
  return sparsifier;
}

// Features are reduced with their dimension kept, as [1, 1, n].
LayerSettings some_features(const std::vector<int64_t>& features) {
  LayerSettings overrides = features_of(features);
  overrides.reduce_fn =
      settings({{"reduce_fn", {{"name", "mean"}, {"dim", {0}}, {"keepdim", true}}}}).reduce_fn;
  return overrides;
}

}  // namespace

TEST_CASE("30: the masked model and later forwards see input * mask", "[sparsifier]") {
  const at::Tensor x = normal({4, 6}, 1), y = normal({3, 6}, 2);
  auto sparsifier = stepped(chain(), "a", x);
  const at::Tensor mask = mask_of(sparsifier, "a");
  REQUIRE(mask.sum().item<double>() == 3);
  const Module masked = sparsifier.squash_mask();
  const at::Tensor expected = run_forward(chain(), y * mask);
  CHECK(bit_equal(run_forward(masked, y), expected));
  CHECK(bit_equal(forward(sparsifier, y), expected));
  CHECK(record_of(sparsifier, "a").hook_state == HookState::Sparsify);
  CHECK_FALSE(record_of(sparsifier, "a").data());  // not aggregating any more
  CHECK(record_of(sparsifier, "a").calls == 1);
}

TEST_CASE("30: with several layers each has its own mask", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("a");
  sparsifier.register_layer("b", settings({{"sparse_config", {{"sparsity_level", 0.25}}}}));
  const at::Tensor x = normal({4, 8}, 1);
  forward(sparsifier, x);
  sparsifier.step();
  const at::Tensor a = mask_of(sparsifier, "a"), b = mask_of(sparsifier, "b");
  CHECK(bit_equal(run_forward(sparsifier.squash_mask(), x), (x * a * 2).relu() * b * 3));
}

TEST_CASE("31: with features the named slices are multiplied, the others pass", "[sparsifier]") {
  const at::Tensor x = normal({4, 5, 6}, 1);
  auto sparsifier = stepped(residual(), "f", x, some_features({3, 1}));
  const auto masks = masks_of(sparsifier, "f");
  at::Tensor masked_input = x.clone();
  masked_input.narrow(1, 3, 1).mul_(masks.at(0));
  masked_input.narrow(1, 1, 1).mul_(masks.at(1));
  REQUIRE((masked_input == 0).sum().item<int64_t>() == 4 * 2 * 3);  // the feature masks do mask
  const Module masked = sparsifier.squash_mask();
  CHECK(bit_equal(run_forward(masked, x), x + masked_input * 3));
  CHECK(find_layer(masked, "f").attr("activation_mask").toTensor().sizes().vec() ==
        std::vector<int64_t>{1, 5, 6});
}

TEST_CASE("32: squash_mask twice in a row is harmless", "[sparsifier]") {
  const at::Tensor x = normal({4, 6}, 1);
  auto sparsifier = stepped(chain(), "a", x);
  const Module once = sparsifier.squash_mask(), twice = sparsifier.squash_mask();
  CHECK(graph_text(find_layer(once, "a")) == graph_text(find_layer(twice, "a")));
  CHECK(bit_equal(run_forward(once, x), run_forward(twice, x)));
  CHECK(bit_equal(forward(sparsifier, x), run_forward(once, x)));
}

TEST_CASE("33: squash_mask before any forward says that the shape is unknown", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("a");
  const Error error = error_of([&] { sparsifier.squash_mask(); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK(contains(error.what(), "shape unknown, run forward at least once"));
  CHECK(record_of(sparsifier, "a").hook_state == HookState::Aggregate);
}

TEST_CASE("D1: a layer with several inputs keeps the others", "[sparsifier]") {
  const at::Tensor x = normal({4, 6}, 1);
  for (const int64_t input : {0, 1}) {
    auto sparsifier = stepped(keyword_call(), "join", x, {}, input);
    const at::Tensor mask = mask_of(sparsifier, "join");
    const at::Tensor expected = input == 0 ? x * mask + 2 * (x + 1) : x + 2 * ((x + 1) * mask);
    CHECK(bit_equal(run_forward(sparsifier.squash_mask(), x), expected));
  }
}

TEST_CASE("D4: features leave the residual branch and the caller's tensor alone", "[sparsifier]") {
  const at::Tensor x = at::full({2, 3, 4}, 1.0);
  const at::Tensor before = x.clone();
  auto sparsifier = stepped(residual(), "f", x, some_features({0, 2}));
  const at::Tensor output = run_forward(sparsifier.squash_mask(), x);
  CHECK(bit_equal(x, before));
  // 1 + 3 where kept, and the residual's 1, not 0, where masked.
  CHECK((output == 4).sum().item<int64_t>() == 2 * (2 * 2 + 4));
  CHECK((output == 1).sum().item<int64_t>() == 2 * (2 * 2));
  at::Tensor leaf = x.clone();
  leaf.requires_grad_(true);
  CHECK(bit_equal(run_forward(sparsifier.squash_mask(), leaf), output));
}

TEST_CASE("D11: declining the masks is remembered", "[sparsifier]") {
  const at::Tensor x = normal({4, 6}, 1);
  auto sparsifier = stepped(chain(), "a", x);
  const Module unmasked = sparsifier.squash_mask(false);
  CHECK(record_of(sparsifier, "a").hook_state == HookState::None);
  CHECK(bit_equal(run_forward(unmasked, x), run_forward(chain(), x)));
  CHECK(bit_equal(forward(sparsifier, x), run_forward(chain(), x)));
  CHECK(record_of(sparsifier, "a").calls == 1);  // and nothing is aggregated
  ActivationSparsifier other(chain());
  other.load_state_dict(through_file(sparsifier.state_dict()));
  CHECK(record_of(other, "a").hook_state == HookState::None);
  CHECK(bit_equal(forward(other, x), run_forward(chain(), x)));
  other.squash_mask();  // the masks are still there
  CHECK(record_of(other, "a").hook_state == HookState::Sparsify);
  CHECK_FALSE(bit_equal(forward(other, x), run_forward(chain(), x)));
  sparsifier.unregister_layer("a");
  CHECK(sparsifier.layers().empty());
}

TEST_CASE("D12: step after squash_mask is an error that changes nothing", "[sparsifier]") {
  const at::Tensor x = normal({4, 6}, 1);
  auto sparsifier = stepped(chain(), "a", x);
  forward(sparsifier, x);  // a next epoch has begun
  sparsifier.squash_mask();
  CHECK_FALSE(record_of(sparsifier, "a").data());  // leftovers are not kept
  const at::Tensor mask = mask_of(sparsifier, "a");
  const Error error = error_of([&] { sparsifier.step(); });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), "no aggregated data for 'a'"));
  CHECK(bit_equal(mask_of(sparsifier, "a"), mask));
}

TEST_CASE("D13: squash_mask without step masks nothing, at any batch size", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain());
  sparsifier.register_layer("a");
  sparsifier.register_layer("b", features_of({1}));
  forward(sparsifier, normal({4, 6}, 1));
  const Module masked = sparsifier.squash_mask();
  for (const int64_t batch : {1, 3, 4})
    CHECK(bit_equal(run_forward(masked, normal({batch, 6}, 2)),
                    run_forward(chain(), normal({batch, 6}, 2))));
}

TEST_CASE("D13: a mask that is bound to the batch size is refused", "[sparsifier]") {
  auto sparsifier = sparsifier_of(chain(), {{"reduce_fn", "identity"}});
  sparsifier.register_layer("a");
  forward(sparsifier, normal({4, 6}, 1));
  const Error error = error_of([&] { sparsifier.step(); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "keeps the batch's dimension"));
}

TEST_CASE("D22: TorchScript models are calibrated, masked, saved and loaded", "[sparsifier]") {
  const Module model = reloaded(chain());
  const std::string before = all_graphs(model);
  const at::Tensor x = normal({4, 6}, 1);
  auto sparsifier = stepped(model, "a", x);
  const at::Tensor mask = mask_of(sparsifier, "a");
  const Module masked = reloaded(sparsifier.squash_mask());
  CHECK(bit_equal(run_forward(masked, x), run_forward(chain(), x * mask)));
  // The mask is a named buffer, not an anonymous constant.
  CHECK(bit_equal(find_layer(masked, "a").attr("activation_mask").toTensor(), mask));
  CHECK(all_graphs(model) == before);
}
