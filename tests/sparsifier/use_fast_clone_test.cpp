// ActivationSparsifier::use_fast_clone.
#include <ATen/ATen.h>

#include "base/error.h"
#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/networks.h"

using namespace actsparse;

namespace {

const nlohmann::json per_channel = {{"aggregate_fn", {{"name", "abs_mean"}, {"except_dim", {1}}}},
                                    {"reduce_fn", "identity"}};

ActivationSparsifier registered(const torch::jit::Module& model, bool training = false) {
  ActivationSparsifier sparsifier({model, "forward", training}, {}, settings(usual(per_channel)));
  for (const char* layer : {"conv1", "conv2", "fc"}) sparsifier.register_layer(layer);
  return sparsifier;
}

const at::Tensor first = normal({4, 3, 8, 8}, 1), second = normal({3, 3, 8, 8}, 2);

}  // namespace

TEST_CASE("An accepted fast clone goes on from the first batch", "[sparsifier]") {
  auto fast = registered(small_cnn()), exact = registered(small_cnn());
  const FastTrial outcome = fast.use_fast_clone({first}, 1e-3);
  CHECK(outcome.reason == "");
  REQUIRE(outcome.max_difference);
  CHECK(*outcome.max_difference < 1e-4);
  fast.forward({second});
  exact.forward({first});
  exact.forward({second});
  for (const char* layer : {"conv1", "conv2", "fc"}) {
    INFO(layer);
    CHECK(record_of(fast, layer).calls == 2);
    const auto found = data_of(fast, layer), expected = data_of(exact, layer);
    CHECK(bit_equal(found[0], expected[0]));
    CHECK(at::allclose(found.sum(0), expected.sum(0), 1e-4));
  }
  CHECK(fast.step().empty());
  fast.squash_mask();
  CHECK(forward(fast, first).sizes() == at::IntArrayRef({4, 4}));  // no longer the fast clone
}

TEST_CASE("Beyond the tolerance the exact clone's data stays, counted once", "[sparsifier]") {
  auto fast = registered(small_cnn()), exact = registered(small_cnn());
  const FastTrial outcome = fast.use_fast_clone({first}, 1e-30);
  CHECK(contains(outcome.reason, "its statistic differs by"));
  CHECK(contains(outcome.reason, "layer '" + outcome.layer + "'"));
  exact.forward({first});
  for (const char* layer : {"conv1", "conv2", "fc"})
    CHECK(bit_equal(data_of(fast, layer), data_of(exact, layer)));
  fast.forward({second});
  exact.forward({second});
  for (const char* layer : {"conv1", "conv2", "fc"})
    CHECK(bit_equal(data_of(fast, layer), data_of(exact, layer)));
}

TEST_CASE("A model in training mode falls back and says why", "[sparsifier]") {
  auto sparsifier = registered(small_cnn(), /*training=*/true);
  const FastTrial outcome = sparsifier.use_fast_clone({first}, 1e-3);
  CHECK(contains(outcome.reason, "mode \"train\""));
  CHECK_FALSE(outcome.max_difference);
  CHECK(record_of(sparsifier, "fc").calls == 1);
}

TEST_CASE("A layer that the fast clone calls less often falls back and says so", "[sparsifier]") {
  ActivationSparsifier sparsifier(minding_layout(), {}, settings(usual(per_channel)));
  sparsifier.register_layer("fc");
  const FastTrial outcome = sparsifier.use_fast_clone({first}, 1e-3);
  CHECK(contains(outcome.reason, "'fc'"));
  CHECK(contains(outcome.reason, "call"));
  CHECK(record_of(sparsifier, "fc").calls == 2);  // the exact clone's
  sparsifier.forward({second});
  CHECK(record_of(sparsifier, "fc").calls == 4);
}

TEST_CASE("What forward throws, use_fast_clone throws", "[sparsifier]") {
  auto sparsifier = registered(small_cnn());
  const Error error = error_of([&] { sparsifier.use_fast_clone({normal({2, 5, 8, 8}, 1)}, 1e-3); });
  CHECK(error.kind() == ErrorKind::Data);
}
