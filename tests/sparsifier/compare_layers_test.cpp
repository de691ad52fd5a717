#include "sparsifier/compare_layers.h"

#include <ATen/ATen.h>

#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/files.h"

using namespace actsparse;

namespace {

std::deque<RegisteredLayer> layer_that_saw(const std::vector<at::Tensor>& inputs) {
  LayerRecord record;
  record.site = {"a", int64_t{0}};
  record.settings = merge({}, settings(usual({{"aggregate_fn", "sum"}})));
  std::deque<RegisteredLayer> layers;
  layers.emplace_back(record, FunctionTable());
  for (const auto& input : inputs) layers.front().observe(input);
  return layers;
}

FastTrial compare(const at::Tensor& a, const at::Tensor& b) {
  return compare_layers(layer_that_saw({a}), layer_that_saw({b}));
}

}  // namespace

TEST_CASE("The difference is relative to the layer's largest element", "[sparsifier]") {
  const auto found = compare(tensor1d({1, 10.5}), tensor1d({1, 10}));
  CHECK(found.max_difference.value() == 0.05);
  CHECK(found.layer == "a");
  CHECK(found.reason == "");
  CHECK(compare(tensor1d({0, 0}), tensor1d({0, 0})).max_difference.value() == 0);
}

TEST_CASE("NaN and infinity in the same places are no difference", "[sparsifier]") {
  CHECK(
      compare(tensor1d({NAN, INFINITY, 1}), tensor1d({NAN, INFINITY, 1})).max_difference.value() ==
      0);
  CHECK(std::isinf(compare(tensor1d({NAN, 1}), tensor1d({1, 1})).max_difference.value()));
  CHECK(std::isinf(compare(tensor1d({1}), tensor1d({0})).max_difference.value()));
  CHECK(std::isinf(compare(tensor1d({1, 2}), tensor1d({1})).max_difference.value()));
}

TEST_CASE("Different numbers of calls are told", "[sparsifier]") {
  const at::Tensor once = tensor1d({1});
  const auto found = compare_layers(layer_that_saw({once, once}), layer_that_saw({once}));
  CHECK(found.reason == "layer 'a' was called 2 times instead of 1");
}
