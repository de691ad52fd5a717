#include "report/channel_map.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "support/catch.h"
#include "support/models.h"

using namespace actsparse;

namespace {

LayerRecord layer_with(const at::Tensor& mask, const std::string& type,
                       const std::vector<int64_t>& input_shape) {
  LayerRecord layer;
  layer.type = type;
  layer.input_shape = input_shape;
  layer.input_dtype = at::kFloat;
  layer.gate = ConstantMask{mask};
  return layer;
}

ChannelMap map_of(const LayerRecord& layer) {
  const auto map = channel_map(layer);
  REQUIRE(map);
  return *map;
}

}  // namespace

TEST_CASE("of a convolution's mask a cell is a channel", "[report]") {
  const at::Tensor mask = at::ones({2, 2, 2});
  mask[0].zero_();
  mask[1][0].zero_();
  const ChannelMap map = map_of(layer_with(mask, "Conv2d", {8, 2, 2, 2}));
  CHECK(map.are_channels);
  CHECK(map.kept == std::vector<double>{0, 0.5});
}

TEST_CASE("of a linear layer's mask the channels come last", "[report]") {
  CHECK(map_of(layer_with(tensor1d({1, 0, 1}), "Linear", {4, 5, 3})).kept ==
        std::vector<double>{1, 0, 1});
}

TEST_CASE("a mask without channels is told by its elements", "[report]") {
  const ChannelMap map = map_of(layer_with(at::ones({1, 4, 4}), "Conv2d", {8, 16, 4, 4}));
  CHECK_FALSE(map.are_channels);
  CHECK(map.channels == 16);
}

TEST_CASE("known channels go before what layers of a kind usually have", "[report]") {
  LayerRecord layer = layer_with(tensor1d({1, 0}).view({2, 1, 1}), "Linear", {4, 2, 3, 3});
  layer.channels = LayerChannels{1, 0, {0, 1}, {0, 0}};
  CHECK(map_of(layer).kept == std::vector<double>{1, 0});
}

TEST_CASE("of very many channels neighbours share a cell", "[report]") {
  const at::Tensor mask = at::ones({300});
  mask.narrow(0, 0, 150).zero_();
  const ChannelMap map = map_of(layer_with(mask, "Linear", {4, 300}));
  CHECK(map.channels == 300);
  REQUIRE(map.kept.size() == 128);
  CHECK(map.kept.front() == 0);
  CHECK(map.kept.back() == 1);
}

TEST_CASE("before a step, and of a gate that looks at its input, there is no map", "[report]") {
  LayerRecord layer = layer_with(at::ones({3}), "Linear", {4, 3});
  layer.gate = ThresholdGate{tensor1d({0.5})[0]};
  CHECK_FALSE(channel_map(layer));
  layer.gate.reset();
  CHECK_FALSE(channel_map(layer));
}
