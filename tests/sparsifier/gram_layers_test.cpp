// Layers that keep grams, and scores that look at weights, through the sparsifier.
#include <ATen/ATen.h>

#include "functions/gram_aggregate.h"
#include "functions/window_json.h"
#include "sparsifier/complete_settings.h"
#include "sparsifier/compute_masks.h"
#include "sparsifier/helpers.h"
#include "sparsifier/merge_states.h"
#include "statistics/window.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/networks.h"

using namespace actsparse;
using nlohmann::json;

namespace {

json over_patches() { return {{"name", "gram"}, {"patches", true}}; }

json by_removal(const json& aggregate) {
  return {{"aggregate_fn", aggregate}, {"reduce_fn", "removal_error"}};
}

at::Tensor images(uint64_t seed, int64_t count = 3) { return normal({count, 3, 6, 6}, seed); }

// A state of these batches, which are all of a calibration.
StateDict calibrated(const std::vector<uint64_t>& seeds, int64_t first_batch) {
  auto sparsifier = sparsifier_of(small_cnn(), by_removal(over_patches()));
  for (const char* name : {"conv2", "fc"}) sparsifier.register_layer(name);
  for (const uint64_t seed : seeds) forward(sparsifier, images(seed));
  StateDict state = sparsifier.state_dict();
  state.meta.total_batches = 3;
  state.meta.batches = static_cast<int64_t>(seeds.size());
  state.meta.coverage = {{first_batch, 1, state.meta.batches}};
  return state;
}

at::Tensor data_in(const StateDict& state, size_t layer) {
  return std::get<at::Tensor>(*state.layers.at(layer).data());
}

}  // namespace

TEST_CASE("patches become what the layer reads of its input", "[sparsifier]") {
  const StateDict state = calibrated({1}, 0);
  const json kept = state.layers[0].settings.aggregate_fn->parameters.at("patches");
  REQUIRE(is_read_channels(kept));
  const ReadChannels read = read_channels_from_json(kept);
  CHECK(read.channels == 8);
  CHECK(read.window.groups == 2);
  CHECK(read.window.kernel == std::vector<int64_t>{3, 3});
  CHECK(read.window.before == std::vector<int64_t>{1, 1});
  CHECK(data_in(state, 0).sizes() == at::IntArrayRef({2, 37, 37}));
  CHECK(data_in(state, 1).sizes() == at::IntArrayRef({9, 9}));
  CHECK(state.defaults.aggregate_fn->parameters.at("patches") == true);
  check_equal(through_file(state), state);
}

TEST_CASE("a gram's state is gone on with, byte for byte", "[sparsifier]") {
  const StateDict whole = calibrated({1, 2, 3}, 0);
  auto resumed = sparsifier_of(small_cnn());
  resumed.load_state_dict(through_file(calibrated({1, 2}, 0)));
  forward(resumed, images(3));
  check_equal(resumed.state_dict(), whole);
}

TEST_CASE("merged states of grams are the whole one to rounding", "[sparsifier]") {
  const StateDict whole = calibrated({1, 2, 3}, 0);
  const auto merged =
      merge_states({{"one", calibrated({1}, 0)}, {"two", calibrated({2, 3}, 1)}}).state;
  for (size_t layer = 0; layer < 2; ++layer)
    CHECK(at::allclose(data_in(merged, layer), data_in(whole, layer), 1e-12, 1e-12));
}

TEST_CASE("a step drops the channels whose removal costs least", "[sparsifier]") {
  auto sparsifier = sparsifier_of(small_cnn(), by_removal({{"name", "gram"}, {"except_dim", {1}}}));
  sparsifier.register_layer("fc");
  for (uint64_t seed = 0; seed < 8; ++seed) forward(sparsifier, images(seed, 8));
  const LayerRecord record = record_of(sparsifier, "fc");
  const at::Tensor moments = std::get<at::Tensor>(*record.data()) / (8 * 8);
  sparsifier.step();
  const at::Tensor mask = mask_of(sparsifier, "fc");
  REQUIRE(mask.sizes() == at::IntArrayRef({8}));
  CHECK(mask.sum().item<float>() == 4);
  // Of all channels the first to go is among those that went.
  const at::Tensor mean = moments[0].narrow(0, 1, 8);
  at::Tensor h = moments.narrow(0, 1, 8).narrow(1, 1, 8) - mean.outer(mean);
  h = h + at::eye(8, at::kDouble) * (1e-3 * h.diagonal().mean());
  const at::Tensor weight = normal({4, 8}, 17).to(at::kDouble);
  const at::Tensor errors = weight.square().sum(0) / at::linalg_inv(h).diagonal();
  CHECK(mask[errors.argmin().item<int64_t>()].item<float>() == 0);
}

TEST_CASE("masks of removal errors fit convolutions, aligned or not", "[sparsifier]") {
  for (const char* align : {"none", "value"}) {
    json changes = by_removal(over_patches());
    changes["align"] = align;
    auto sparsifier = sparsifier_of(small_cnn(), changes);
    sparsifier.register_layer("conv2");
    sparsifier.find_channels({{images(1)}, {images(2, 4)}});
    forward(sparsifier, images(1));
    sparsifier.step();
    CHECK(mask_of(sparsifier, "conv2").sizes() == at::IntArrayRef({8, 1, 1}));
    CHECK(mask_of(sparsifier, "conv2").sum().item<float>() == 4);
  }
}

TEST_CASE("weighted scores take the weights of the model", "[sparsifier]") {
  auto sparsifier = sparsifier_of(
      small_cnn(),
      {{"aggregate_fn", {{"name", "rms"}, {"except_dim", {1}}}}, {"reduce_fn", "weighted"}});
  sparsifier.register_layer("conv2");
  forward(sparsifier, images(1));
  const LayerRecord record = record_of(sparsifier, "conv2");
  const auto rms = sparsifier.functions().aggregate(*record.settings.aggregate_fn)();
  rms->restore(std::get<at::Tensor>(*record.data()), record.calls);
  const at::Tensor weight = (normal({8, 4, 3, 3}, 11) * 0.2).abs().view({2, 4, 4, 9}).sum({1, 3});
  const at::Tensor scores = rms->value().flatten() * weight.flatten();
  sparsifier.step();
  const at::Tensor kept = mask_of(sparsifier, "conv2").flatten().ne(0);
  CHECK(scores.masked_select(kept).min().item<float>() >
        scores.masked_select(kept.logical_not()).max().item<float>());
}

TEST_CASE("layers without what a function needs are refused when registered", "[sparsifier]") {
  const auto refused = [](const json& changes, const std::string& layer) {
    auto sparsifier = sparsifier_of(small_cnn(), changes);
    const Error error = error_of([&] { sparsifier.register_layer(layer); });
    CHECK(sparsifier.layers().empty());
    CHECK(contains(error.what(), "'" + layer + "'"));
    return error;
  };
  const Error patches = refused({{"aggregate_fn", over_patches()}}, "bn1");
  CHECK(patches.kind() == ErrorKind::Model);
  CHECK(contains(patches.what(), "\"except_dim\" in place of \"patches\""));
  const Error weights = refused({{"reduce_fn", "weighted"}}, "bn1");
  CHECK(weights.kind() == ErrorKind::Model);
  CHECK(contains(weights.what(), "weights that read each channel"));
  const Error other = refused({{"reduce_fn", "removal_error"}}, "fc");
  CHECK(other.kind() == ErrorKind::Config);
  CHECK(contains(other.what(), "'removal_error' is made of aggregate_fn 'gram', found 'sum'"));
  json sliced = {{"aggregate_fn", over_patches()}, {"features", {0}}, {"feature_dim", 1}};
  CHECK(contains(refused(sliced, "conv2").what(), "features and a gram over patches"));
}

TEST_CASE("a config's patches are those that the state was made with", "[sparsifier]") {
  MergedSettings given;
  given.aggregate_fn = FunctionConfig{"gram", {{"patches", true}}, ""};
  MergedSettings kept = calibrated({1}, 0).layers[0].settings;
  take_geometry(given, kept);
  CHECK(to_json(*given.aggregate_fn) == to_json(*kept.aggregate_fn));
  given.aggregate_fn = FunctionConfig{"sum", {{"except_dim", {1}}}, ""};
  take_geometry(given, kept);
  CHECK(given.aggregate_fn->name == "sum");
}

TEST_CASE("a step of a state has no weights", "[sparsifier]") {
  auto layers = calibrated({1, 2, 3}, 0).layers;
  const Error error = error_of([&] { compute_masks(layers, {}, 0); });
  CHECK(error.kind() == ErrorKind::Function);
  CHECK(contains(error.what(), "use 'actsparse run'"));
}

TEST_CASE("a user's score is given the weight", "[sparsifier]") {
  const FunctionSource source = {"mine.py",
                                 "def mine(x: Tensor, power: float, weight: Tensor) -> Tensor:\n"
                                 "    return x * weight.abs().pow(power).sum([0])\n"
                                 "def writes(x: Tensor, weight: Tensor) -> Tensor:\n"
                                 "    weight.zero_()\n"
                                 "    return x\n"};
  const auto model = small_cnn();
  const auto stepped = [&](const json& reduce) {
    ActivationSparsifier sparsifier(
        model, FunctionTable({source}),
        settings(usual(
            {{"aggregate_fn", {{"name", "rms"}, {"except_dim", {-1}}}}, {"reduce_fn", reduce}})));
    sparsifier.register_layer("fc");
    forward(sparsifier, images(1));
    sparsifier.step();
    return mask_of(sparsifier, "fc");
  };
  const json own = {{"name", "mine"}, {"power", 1.0}};
  CHECK(bit_equal(stepped(own), stepped("weighted")));
  const Error error = error_of([&] { stepped("writes"); });
  CHECK(contains(error.what(), "in place"));
  CHECK(bit_equal(stepped(own), stepped("weighted")));  // the model is as it was
}
