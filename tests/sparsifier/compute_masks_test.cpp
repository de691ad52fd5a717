#include "sparsifier/compute_masks.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "functions/tensors.h"
#include "sparsifier/helpers.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;
using nlohmann::json;

namespace {

const at::Tensor data = tensor1d({1, -4, 3, -2, 1, 4, 3, 2}).view({2, 4});  // mean 1 0 3 0

std::string warning(LayerRecord layer) {
  std::vector<LayerRecord> layers = {std::move(layer)};
  const auto warnings = compute_masks(layers, {}, 0);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].layer == "a");
  return warnings[0].text;
}

json level(double sparsity_level) {
  return {{"sparse_config", {{"sparsity_level", sparsity_level}}}};
}

}  // namespace

TEST_CASE("masks are computed from data alone, and the data dropped", "[sparsifier]") {
  std::vector<LayerRecord> layers = {aggregated(data)};
  CHECK(compute_masks(layers, {}, 0).empty());
  CHECK(bit_equal(std::get<at::Tensor>(mask_of(*layers[0].gate)), tensor1d({1, 0, 1, 0})));
  CHECK_FALSE(layers[0].data());
  CHECK(layers[0].calls == 1);
}

TEST_CASE("the number of calls counts for a mean", "[sparsifier]") {
  const json settings = {{"aggregate_fn", "mean"},
                         {"reduce_fn", "identity"},
                         {"mask_fn", "threshold"},
                         {"sparse_config", {{"threshold", 1.5}}}};
  std::vector<LayerRecord> layers = {aggregated(tensor1d({2, 4, 6}), 2, settings)};
  compute_masks(layers, {}, 0);
  CHECK(bit_equal(std::get<at::Tensor>(mask_of(*layers[0].gate)), tensor1d({0, 1, 1})));
}

TEST_CASE("an error in one layer leaves every layer as it was", "[sparsifier]") {
  const json bad = {{"mask_fn", "topk"}, {"sparse_config", {{"k", 100}}}};
  std::vector<LayerRecord> layers = {aggregated(data), aggregated(data, 1, bad)};
  layers[1].site.layer = "b";
  const Error error = error_of([&] { compute_masks(layers, {}, 0); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "layer 'b': "));
  for (const auto& layer : layers) {
    CHECK_FALSE(layer.gate);
    CHECK(bit_equal(std::get<at::Tensor>(*layer.data()), data));
  }
}

TEST_CASE("layers without data are named before anything is computed", "[sparsifier]") {
  std::vector<LayerRecord> layers = {aggregated(data), aggregated(data)};
  layers[1].site.layer = "b";
  layers[1].accumulators.clear();
  const Error error = error_of([&] { compute_masks(layers, {}, 0); });
  CHECK(error.kind() == ErrorKind::State);
  CHECK(contains(error.what(), "no aggregated data for 'b'"));
  CHECK(layers[0].data());
}

TEST_CASE("a missing function is a config error that names the layer", "[sparsifier]") {
  std::vector<LayerRecord> layers = {aggregated(data, 1, {{"reduce_fn", nullptr}})};
  const Error error = error_of([&] { compute_masks(layers, {}, 0); });
  CHECK(error.kind() == ErrorKind::Config);
  CHECK(error.what() == std::string("layer 'a': reduce_fn is missing"));
}

TEST_CASE("masks that are all zero or all one are warned of", "[sparsifier]") {
  CHECK(warning(aggregated(data, 1, level(1))) == "the mask is all zero: the layer sees nothing");
  CHECK(warning(aggregated(data, 1, level(0))) == "the mask is all one: nothing is masked");
}

TEST_CASE("an empty mask is neither all zero nor all one", "[sparsifier]") {
  std::vector<LayerRecord> layers = {aggregated(at::zeros({2, 0}))};
  CHECK(compute_masks(layers, {}, 0).empty());
}

TEST_CASE("NaN in the data is warned of", "[sparsifier]") {
  at::Tensor poisoned = data.clone();
  poisoned[1][1].fill_(std::numeric_limits<double>::quiet_NaN());
  CHECK(contains(warning(aggregated(poisoned)), "the aggregate holds NaN"));
}

TEST_CASE("a mask bound to the batch is refused where the batch's size is known", "[sparsifier]") {
  const json identity = {{"reduce_fn", "identity"}};
  for (const int64_t batch_size : {2, 4}) {
    std::vector<LayerRecord> layers = {aggregated(normal({4, 3}, 1), 1, identity)};
    const Error error = error_of([&] { compute_masks(layers, {}, batch_size); });
    CHECK(error.kind() == ErrorKind::Function);
    CHECK(
        contains(error.what(), "layer 'a': the mask of shape [4, 3] keeps the batch's dimension"));
    CHECK(contains(error.what(), "reduce over dim 0"));
  }
  for (const int64_t batch_size : {0, 1, 3}) {  // unknown, or another dimension than the batch's
    std::vector<LayerRecord> layers = {aggregated(normal({4, 3}, 1), 1, identity)};
    CHECK(contains(compute_masks(layers, {}, batch_size).at(0).text, "size 4 in dimension 0"));
  }
}

TEST_CASE("a mask bound to the batch is warned of, one of a single sample is not", "[sparsifier]") {
  const json identity = {{"reduce_fn", "identity"}};
  CHECK(contains(warning(aggregated(data, 1, identity)), "size 2 in dimension 0"));
  std::vector<LayerRecord> single = {aggregated(data.narrow(0, 0, 1), 1, identity)};
  CHECK(compute_masks(single, {}, 0).empty());
  const json keepdim = {{"reduce_fn", {{"name", "mean"}, {"dim", {0}}, {"keepdim", true}}}};
  std::vector<LayerRecord> kept = {aggregated(data, 1, keepdim)};
  CHECK(compute_masks(kept, {}, 0).empty());
}

TEST_CASE("warnings and errors of a feature name it", "[sparsifier]") {
  LayerRecord layer = aggregated(data, 1, level(0));
  layer.settings.features = {3};
  layer.settings.feature_dim = 1;
  layer.accumulators[kAggregate] = std::vector<at::Tensor>{data.narrow(1, 3, 1)};
  CHECK(warning(layer) == "feature 3: the mask is all one: nothing is masked");
  layer.settings.mask_fn->name = "topk";
  layer.settings.sparse_config = {{"k", 5}};
  std::vector<LayerRecord> layers = {layer};
  CHECK(contains(error_of([&] { compute_masks(layers, {}, 0); }).what(), "layer 'a': feature 3: "));
}

TEST_CASE("a feature's mask must fit its slice, not the whole input", "[sparsifier]") {
  LayerRecord layer = aggregated(data, 1, {{"mask_fn", "f"}, {"sparse_config", nullptr}});
  layer.settings.features = {3};
  layer.settings.feature_dim = -1;
  layer.accumulators[kAggregate] = std::vector<at::Tensor>{data.narrow(1, 3, 1)};
  FunctionTable functions;
  functions.add_source({"f.py", "def f(x: Tensor) -> Tensor:\n  return torch.ones([2, 4])\n"});
  std::vector<LayerRecord> layers = {layer};
  CHECK(contains(error_of([&] { compute_masks(layers, functions, 0); }).what(),
                 "the mask of shape [2, 4] does not fit the layer's input of shape [2, 1]"));
}

TEST_CASE("shapes are written like lists", "[sparsifier]") {
  CHECK(shape_text({16, 1, 28}) == "[16, 1, 28]");
  CHECK(shape_text({}) == "[]");
}
