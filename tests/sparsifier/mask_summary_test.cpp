#include "sparsifier/mask_summary.h"

#include <ATen/ops/zeros.h>

#include "sparsifier/helpers.h"
#include "support/catch.h"

using namespace actsparse;
using nlohmann::json;

namespace {

std::optional<double> requested(const json& mask_fn, const json& sparse_config) {
  return requested_sparsity(
      merge({}, settings({{"mask_fn", mask_fn}, {"sparse_config", sparse_config}})));
}

}  // namespace

TEST_CASE("kept and total are counted over all features", "[sparsifier]") {
  LayerRecord layer;
  CHECK_FALSE(summarize_mask(layer));
  layer.gate = ConstantMask{tensor1d({1, 0, 0.5, 0})};
  CHECK(summarize_mask(layer)->kept == 2);
  CHECK(summarize_mask(layer)->sparsity() == 0.5);
  layer.gate =
      ConstantMask{std::vector<at::Tensor>{tensor1d({1, 0}), tensor1d({0, 0}).view({1, 2})}};
  const auto summary = *summarize_mask(layer);
  CHECK(summary.kept == 1);
  CHECK(summary.total == 4);
  CHECK(summary.sparsity() == 0.75);
  CHECK(summary.shapes == std::vector<std::vector<int64_t>>{{2}, {1, 2}});
}

TEST_CASE("an empty mask has sparsity 0", "[sparsifier]") {
  LayerRecord layer;
  layer.gate = ConstantMask{at::zeros({0})};
  CHECK(summarize_mask(layer)->sparsity() == 0);
  layer.gate = ConstantMask{std::vector<at::Tensor>{}};
  CHECK(summarize_mask(layer)->total == 0);
}

TEST_CASE("the sparsity asked for is known where the function has such a number", "[sparsifier]") {
  for (const char* name : {"magnitude", "block", "random"})
    CHECK(requested(name, {{"sparsity_level", 0.3}}) == 0.3);
  CHECK(requested({{"name", "magnitude"}, {"sparsity_level", 0.2}}, json::object()) == 0.2);
  CHECK(requested({{"name", "magnitude"}, {"sparsity_level", 0.2}}, {{"sparsity_level", 0.4}}) ==
        0.4);
  CHECK(requested("topk", {{"keep_ratio", 0.25}}) == 0.75);
  CHECK(requested("nm", {{"n", 1}, {"m", 4}}) == 0.75);
}

TEST_CASE("where it depends on the data, nothing is said to be asked for", "[sparsifier]") {
  CHECK_FALSE(requested("topk", {{"k", 3}}));
  CHECK_FALSE(requested("threshold", {{"threshold", 0.5}}));
  CHECK_FALSE(requested("quantile", {{"q", 0.5}}));
  CHECK_FALSE(requested("mine", {{"sparsity_level", 0.5}}));
  CHECK_FALSE(requested(nullptr, json::object()));
}
