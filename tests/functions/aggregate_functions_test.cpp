#include <ATen/ops/add.h>
#include <ATen/ops/div.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "functions/helpers.h"
#include "functions/registry.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;

namespace {

constexpr unsigned kCalls = 5;

at::Tensor aggregated(const std::string& name, const nlohmann::json& parameters,
                      const std::vector<at::Tensor>& inputs) {
  const auto aggregate = aggregate_of(name, parameters);
  for (const auto& input : inputs) aggregate->update(input);
  return aggregate->value();
}

std::vector<at::Tensor> random_inputs() {
  std::vector<at::Tensor> inputs;
  for (unsigned seed = 0; seed < kCalls; ++seed) inputs.push_back(random_tensor({3, 37}, seed));
  return inputs;
}

// A naive model: folds float by float, left to right.
template <class Step>
std::vector<double> folded(float start, Step step) {
  const auto inputs = random_inputs();
  std::vector<double> result;
  for (int64_t i = 0; i < inputs[0].numel(); ++i) {
    float acc = start;
    for (const auto& input : inputs) acc = step(acc, input.data_ptr<float>()[i]);
    result.push_back(acc);
  }
  return result;
}

template <class Change>
std::vector<double> changed(std::vector<double> values, Change change) {
  for (double& value : values) value = static_cast<double>(change(static_cast<float>(value)));
  return values;
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const auto not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("aggregates equal plain loops, bit for bit", "[functions]") {
  const auto inputs = random_inputs();
  const auto of = [&](const char* name) { return flat(aggregated(name, {}, inputs)); };
  const auto sum = folded(0, [](float acc, float x) { return acc + x; });
  const auto abs_sum = folded(0, [](float acc, float x) { return acc + std::fabs(x); });
  const auto sq_sum = folded(0, [](float acc, float x) {
    const volatile float square = x * x;  // rounded before it is added
    return acc + square;
  });
  const auto per_call = [](float x) { return x / static_cast<float>(kCalls); };
  CHECK(of("sum") == sum);
  CHECK(of("abs_sum") == abs_sum);
  CHECK(of("sq_sum") == sq_sum);
  CHECK(of("mean") == changed(sum, per_call));
  CHECK(of("abs_mean") == changed(abs_sum, per_call));
  CHECK(of("rms") == changed(sq_sum, [&](float x) { return std::sqrt(per_call(x)); }));
  CHECK(of("max") == folded(-kInfinity, [](float acc, float x) { return std::max(acc, x); }));
  CHECK(of("min") == folded(kInfinity, [](float acc, float x) { return std::min(acc, x); }));
  CHECK(of("abs_max") == folded(0, [](float acc, float x) { return std::max(acc, std::fabs(x)); }));
  CHECK(of("nonzero") == folded(0, [](float acc, float x) { return acc + (x != 0 ? 1 : 0); }));
}

TEST_CASE("sum is zeros_like + x + x ... in every floating dtype", "[functions]") {
  for (const auto dtype : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    std::vector<at::Tensor> inputs;
    for (const auto& input : random_inputs()) inputs.push_back(input.to(dtype));
    at::Tensor expected = at::zeros_like(inputs[0]);
    for (const auto& input : inputs) expected = at::add(expected, input);
    CHECK(same_bits(aggregated("sum", {}, inputs), expected));
    CHECK(same_bits(aggregated("mean", {}, inputs), at::div(expected, int64_t{kCalls})));
  }
}

TEST_CASE("a first -0 becomes +0, as 0 + -0 does", "[functions]") {
  CHECK(!std::signbit(flat(aggregated("sum", {}, {tensor_of({-0.0})}))[0]));
}

TEST_CASE("mean-like aggregates keep raw sums", "[functions]") {
  const auto mean = aggregate_of("mean"), rms = aggregate_of("rms");
  for (const double x : {3.0, 5.0}) {
    mean->update(tensor_of({x}));
    rms->update(tensor_of({x}));
  }
  CHECK(flat(mean->data()) == std::vector<double>{8});
  CHECK(flat(mean->value()) == std::vector<double>{4});
  CHECK(flat(rms->data()) == std::vector<double>{34});
}

TEST_CASE("extremes start from the first input, or from zeros if asked", "[functions]") {
  const std::vector<at::Tensor> inputs = {tensor_of({-3, 4}), tensor_of({-2, 5})};
  const nlohmann::json zeros = {{"init", "zeros"}};
  CHECK(flat(aggregated("max", {}, inputs)) == std::vector<double>{-2, 5});
  CHECK(flat(aggregated("min", {}, inputs)) == std::vector<double>{-3, 4});
  CHECK(flat(aggregated("max", zeros, inputs)) == std::vector<double>{0, 5});
  CHECK(flat(aggregated("min", zeros, inputs)) == std::vector<double>{-3, 0});
  CHECK(flat(aggregated("abs_max", zeros, inputs)) == std::vector<double>{3, 5});
  CHECK(contains(error_of([] {
                   aggregate_of("max", {{"init", "ones"}});
                 }).what(),
                 "defaults.fn.init: found \"ones\", allowed \"zeros\" or \"first\""));
}

TEST_CASE("NaN stays in sums and extremes, first or later", "[functions]") {
  for (const char* name : {"sum", "mean", "rms", "max", "min", "abs_max"}) {
    INFO(name);
    const auto values =
        flat(aggregated(name, {}, {tensor_of({not_a_number, 1}), tensor_of({1, not_a_number})}));
    CHECK(std::isnan(values[0]));
    CHECK(std::isnan(values[1]));
  }
}

TEST_CASE("nonzero counts |x| above the threshold, and NaN", "[functions]") {
  const std::vector<at::Tensor> inputs = {tensor_of({0, -0.0, 0.5, -0.5, 2, not_a_number}),
                                          tensor_of({0, 1, 0.25, -2, 0, 1})};
  CHECK(flat(aggregated("nonzero", {}, inputs)) == std::vector<double>{0, 1, 2, 2, 1, 2});
  CHECK(flat(aggregated("nonzero", {{"threshold", 0.5}}, inputs)) ==
        std::vector<double>{0, 1, 0, 1, 1, 2});
  CHECK(contains(error_of([] {
                   aggregate_of("nonzero", {{"threshold", -1}});
                 }).what(),
                 "defaults.fn.threshold: found -1, allowed threshold >= 0"));
}

TEST_CASE("nonzero counts in float32, in float64 for float64", "[functions]") {
  const auto dtype_for = [](at::ScalarType dtype) {
    return aggregated("nonzero", {}, {tensor_of({1}, {1}, dtype)}).scalar_type();
  };
  CHECK(dtype_for(at::kFloat) == at::kFloat);
  CHECK(dtype_for(at::kHalf) == at::kFloat);
  CHECK(dtype_for(at::kLong) == at::kFloat);
  CHECK(dtype_for(at::kBool) == at::kFloat);
  CHECK(dtype_for(at::kDouble) == at::kDouble);
}

TEST_CASE("integers and bool are summed in int64 without overflow", "[functions]") {
  for (const auto dtype : {at::kChar, at::kInt, at::kLong}) {
    const auto x = ints_of({100, -128}, dtype);
    CHECK(same_bits(aggregated("sum", {}, {x, x}), ints_of({200, -256})));
    CHECK(same_bits(aggregated("abs_sum", {}, {x, x}), ints_of({200, 256})));
    CHECK(same_bits(aggregated("sq_sum", {}, {x}), ints_of({10000, 16384})));
    CHECK(same_bits(aggregated("abs_max", {}, {x}), ints_of({100, 128})));
    CHECK(same_bits(aggregated("max", {}, {x}), x));
    CHECK(same_bits(aggregated("mean", {}, {x, x}), tensor_of({100, -128})));
    CHECK(same_bits(aggregated("rms", {}, {x}), tensor_of({100, 128})));
  }
  const auto flags = ints_of({1, 0}, at::kBool);
  CHECK(same_bits(aggregated("sum", {}, {flags, flags}), ints_of({2, 0})));
  CHECK(same_bits(aggregated("abs_mean", {}, {flags, flags}), tensor_of({1, 0})));
  CHECK(same_bits(aggregated("max", {}, {flags}), flags));
}
