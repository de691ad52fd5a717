#include "report/activation_histogram.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <numeric>

#include "functions/functions.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/models.h"

using namespace actsparse;

namespace {

// A linear layer that was given a batch [n, 2]: the first channel small numbers, the second large.
LayerRecord seen(const at::Tensor& batch, const nlohmann::json& parameters = {{"q", 0.9}}) {
  LayerRecord layer;
  layer.site.layer = "fc";
  layer.settings.aggregate_fn = FunctionConfig{"histogram", parameters, ""};
  layer.settings.aggregate_fn->parameters["except_dim"] = {-1};
  const auto aggregate = FunctionTable().aggregate(*layer.settings.aggregate_fn)();
  aggregate->update(batch);
  layer.accumulators[kAggregate] = aggregate->data();
  layer.calls = 1;
  return layer;
}

at::Tensor small_and_large() {
  return at::cat({at::full({100, 1}, 0.1), at::full({100, 1}, 0.9)}, 1);
}

LayerRecord with_gate(LayerRecord layer, Gate gate) {
  layer.gate = std::move(gate);
  return layer;
}

ActivationHistogram histogram_of(const LayerRecord& layer, const LayerRecord* masked = nullptr) {
  const auto histogram = activation_histogram(layer, masked);
  REQUIRE(histogram);
  return *histogram;
}

double sum(const std::vector<double>& shares) {
  return std::accumulate(shares.begin(), shares.end(), 0.0);
}

}  // namespace

TEST_CASE("without a gate all numbers are in the histogram, and none is dropped", "[report]") {
  const ActivationHistogram histogram = histogram_of(seen(small_and_large()));
  CHECK(sum(histogram.kept) + histogram.beyond == Approx(1));
  CHECK(sum(histogram.dropped) == 0);
  CHECK(histogram.end > 0.89);
  CHECK_FALSE(histogram.cut);
}

TEST_CASE("a threshold drops what is below it", "[report]") {
  const LayerRecord layer = seen(small_and_large());
  const LayerRecord masked = with_gate(layer, ThresholdGate{tensor1d({0.5})[0]});
  const ActivationHistogram histogram = histogram_of(layer, &masked);
  CHECK(*histogram.cut == 0.5);
  CHECK_FALSE(histogram.is_cut_of_channels);
  CHECK(sum(histogram.dropped) == Approx(0.5));
}

TEST_CASE("a weighted threshold looks at numbers times their channel's factor", "[report]") {
  const LayerRecord layer = seen(small_and_large());
  const LayerRecord masked =
      with_gate(layer, ThresholdGate{tensor1d({0.5})[0], tensor1d({10, 0.1})});
  const ActivationHistogram histogram = histogram_of(layer, &masked);
  CHECK(histogram.is_weighted);
  CHECK(histogram.end > 0.9);  // 0.1 * 10
  CHECK(sum(histogram.dropped) == Approx(0.5));
}

TEST_CASE("a mask of channels drops all of a channel, and is cut between their scores",
          "[report]") {
  const LayerRecord layer = seen(small_and_large());
  const LayerRecord masked = with_gate(layer, ConstantMask{tensor1d({0, 1})});
  const ActivationHistogram histogram = histogram_of(layer, &masked);
  CHECK(sum(histogram.dropped) == Approx(0.5));
  CHECK(histogram.is_cut_of_channels);
  CHECK(*histogram.cut > 0.1);
  CHECK(*histogram.cut < 0.9);
}

TEST_CASE("where something else was ranked there is no cut", "[report]") {
  const LayerRecord layer = seen(small_and_large());
  const LayerRecord large = with_gate(layer, ConstantMask{tensor1d({1, 0})});
  CHECK_FALSE(histogram_of(layer, &large).cut);
  const LayerRecord shares = seen(small_and_large(), {{"threshold", 0.5}});
  const LayerRecord masked = with_gate(shares, ConstantMask{tensor1d({0, 1})});
  CHECK_FALSE(histogram_of(shares, &masked).cut);
  const LayerRecord all = with_gate(layer, ConstantMask{tensor1d({1, 1})});
  CHECK(sum(histogram_of(layer, &all).dropped) == 0);
}

TEST_CASE("no histogram of other data, of nothing but zeros, of infinities", "[report]") {
  LayerRecord sums = seen(small_and_large());
  sums.settings.aggregate_fn->name = "sum";
  CHECK_FALSE(activation_histogram(sums, nullptr));
  CHECK_FALSE(activation_histogram(seen(at::zeros({4, 2})), nullptr));
  CHECK_FALSE(activation_histogram(seen(at::full({4, 2}, INFINITY)), nullptr));
  LayerRecord stepped = seen(small_and_large());
  stepped.accumulators.clear();
  CHECK_FALSE(activation_histogram(stepped, nullptr));
}

TEST_CASE("damaged data are refused", "[report]") {
  LayerRecord layer = seen(small_and_large());
  layer.accumulators[kAggregate] = at::full({6, 2}, 0.5, at::kDouble);
  CHECK(error_of([&] { activation_histogram(layer, nullptr); }).kind() == ErrorKind::State);
  layer.accumulators[kAggregate] = at::zeros({});
  CHECK(error_of([&] { activation_histogram(layer, nullptr); }).kind() == ErrorKind::State);
}
