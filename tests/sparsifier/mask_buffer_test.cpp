#include "sparsifier/mask_buffer.h"

#include <ATen/ops/full.h>

#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

LayerRecord masked(const std::vector<int64_t>& input_shape, TensorOrList mask) {
  LayerRecord layer;
  layer.site.layer = "a";
  layer.input_shape = input_shape;
  layer.input_dtype = at::kFloat;
  layer.gate = ConstantMask{std::move(mask)};
  return layer;
}

LayerRecord of_features(const std::vector<int64_t>& input_shape,
                        const std::vector<int64_t>& features, int64_t feature_dim,
                        const std::vector<at::Tensor>& masks) {
  LayerRecord layer = masked(input_shape, masks);
  layer.settings.features = features;
  layer.settings.feature_dim = feature_dim;
  return layer;
}

at::Tensor buffer_of(const LayerRecord& layer) {
  const auto site = mask_site(layer);
  REQUIRE(site);
  CHECK(site->site.layer == "a");
  return site->mask;
}

}  // namespace

TEST_CASE("without features the buffer is the mask", "[sparsifier]") {
  const at::Tensor mask = tensor1d({1, 0, 1});
  CHECK(bit_equal(buffer_of(masked({5, 3}, mask)), mask));
}

TEST_CASE("without a mask the buffer is a single one in the input's dtype", "[sparsifier]") {
  LayerRecord layer = masked({5, 3, 2}, at::Tensor());
  layer.gate.reset();
  layer.input_dtype = at::kDouble;
  CHECK(bit_equal(buffer_of(layer), at::full({1, 1, 1}, 1.0, at::kDouble)));
}

TEST_CASE("no features, no buffer", "[sparsifier]") {
  CHECK_FALSE(mask_site(of_features({5, 3}, {}, 1, {})));
}

TEST_CASE("feature masks are put in their places among ones", "[sparsifier]") {
  // One row [1, 4] per feature, for an input [2, 3, 4].
  const at::Tensor first = tensor1d({0, 1, 0, 1}).view({1, 4});
  const at::Tensor second = tensor1d({0, 0, 0, 1}).view({1, 4});
  const at::Tensor merged = buffer_of(of_features({2, 3, 4}, {2, 0}, 1, {first, second}));
  const at::Tensor expected = tensor1d({0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1}).view({1, 3, 4});
  CHECK(bit_equal(merged, expected));
  CHECK(bit_equal(buffer_of(of_features({2, 3, 4}, {2, 0}, -2, {first, second})), expected));
}

TEST_CASE("the buffer is the smallest that broadcasts to the input", "[sparsifier]") {
  const at::Tensor zero = at::full({}, 0.0);
  CHECK(bit_equal(buffer_of(of_features({2, 3, 4}, {1}, 1, {zero})),
                  tensor1d({1, 0, 1}).view({1, 3, 1})));
  CHECK(bit_equal(buffer_of(of_features({4}, {1, 3}, 0, {zero, zero})), tensor1d({1, 0, 1, 0})));
  // A mask that is wider along another dimension widens all.
  const at::Tensor wide = tensor1d({0, 1, 0, 1});
  const at::Tensor merged = buffer_of(of_features({2, 3, 4}, {0, 1}, 1, {zero, wide.view({1, 4})}));
  CHECK(bit_equal(merged, tensor1d({0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1}).view({1, 3, 4})));
}

TEST_CASE("merging does not write to the feature masks", "[sparsifier]") {
  const at::Tensor mask = at::full({1, 1}, 0.0);
  buffer_of(of_features({2, 3}, {1}, 1, {mask})).fill_(7);
  CHECK(bit_equal(mask, at::full({1, 1}, 0.0)));
}

TEST_CASE("feature masks that vary along feature_dim or do not fit each other are refused",
          "[sparsifier]") {
  const auto refused = [](const LayerRecord& layer) {
    const Error error = error_of([&] { mask_site(layer); });
    CHECK(error.kind() == ErrorKind::Function);
    CHECK(contains(error.what(), "layer 'a'"));
    return std::string(error.what());
  };
  CHECK(contains(refused(of_features({2, 3}, {1}, 1, {at::full({1, 3}, 1.0)})),
                 "vary along feature_dim"));
  CHECK(contains(
      refused(of_features({2, 3}, {0, 1}, 1, {at::full({2, 1}, 1.0), at::full({3, 1}, 1.0)})),
      "do not fit each other"));
}
