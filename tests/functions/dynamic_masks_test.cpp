#include "functions/dynamic_masks.h"

#include <ATen/ATen.h>

#include "functions/helpers.h"
#include "functions/window_json.h"
#include "support/catch.h"
#include "support/error_of.h"

using namespace actsparse;
using nlohmann::json;

namespace {

json quantile_of(double q) {
  return {{"aggregate_fn", {{"name", "histogram"}, {"except_dim", {-1}}, {"bins", 4096}}},
          {"reduce_fn", "identity"},
          {"mask_fn", {{"name", "quantile"}, {"dynamic", true}}},
          {"sparse_config", {{"q", q}}}};
}

MergedSettings merged(const json& settings) {
  return merge({}, layer_settings_from_json(settings, "layer"));
}

at::Tensor kept_of(const MergedSettings& settings, const at::Tensor& x) {
  const auto aggregate = FunctionTable().aggregate(*settings.aggregate_fn)();
  aggregate->update(x);
  return aggregate->data();
}

ThresholdGate gate_of(const json& json_settings, const at::Tensor& x,
                      const at::Tensor& factors = {}) {
  const MergedSettings settings = merged(json_settings);
  return threshold_gate(settings, kept_of(settings, x), factors, x.scalar_type());
}

double dropped_of(const ThresholdGate& gate, const at::Tensor& x) {
  at::Tensor sizes = x.abs();
  if (gate.factors.defined()) sizes = sizes * gate.factors;
  return sizes.gt(gate.threshold).logical_not().to(at::kDouble).mean().item<double>();
}

std::string refusal_of(const json& changes) {
  json settings = quantile_of(0.4);
  settings.update(changes);
  const Error error = error_of([&] { check_dynamic(merged(settings)); });
  CHECK(error.kind() == ErrorKind::Config);
  return error.what();
}

}  // namespace

TEST_CASE("dynamic as a key of the layer goes before the parameter", "[functions]") {
  json settings = {{"mask_fn", "threshold"}, {"dynamic", true}};
  CHECK(is_dynamic(merged(settings)));
  settings["sparse_config"]["dynamic"] = false;
  CHECK(is_dynamic(merged(settings)));
  settings["dynamic"] = false;
  settings["mask_fn"] = {{"name", "threshold"}, {"dynamic", true}};
  settings["sparse_config"]["dynamic"] = true;
  CHECK_FALSE(is_dynamic(merged(settings)));
  settings = {{"mask_fn", "magnitude"}, {"dynamic", false}};
  CHECK_FALSE(merged(settings).sparse_config.contains("dynamic"));
}

TEST_CASE("dynamic is read from mask_fn and from sparse_config, which wins", "[functions]") {
  json settings = quantile_of(0.4);
  CHECK(is_dynamic(merged(settings)));
  settings["sparse_config"]["dynamic"] = false;
  CHECK_FALSE(is_dynamic(merged(settings)));
  settings["mask_fn"] = "quantile";
  CHECK_FALSE(is_dynamic(merged(settings)));
  settings["sparse_config"]["dynamic"] = true;
  CHECK(is_dynamic(merged(settings)));
  settings["mask_fn"] = "magnitude";
  CHECK_FALSE(is_dynamic(merged(settings)));
}

TEST_CASE("the sparsity that a dynamic quantile asks for is known", "[functions]") {
  CHECK(requested_sparsity(merged(quantile_of(0.4))) == 0.4);
  json settings = quantile_of(0.4);
  settings["mask_fn"] = "quantile";
  CHECK_FALSE(requested_sparsity(merged(settings)));
}

TEST_CASE("a dynamic quantile cuts all that entered at once", "[functions]") {
  const at::Tensor x = random_tensor({500, 8}, 1) * at::tensor({1, 2, 3, 4, 5, 6, 7, 8});
  for (const double q : {0.1, 0.4, 0.9}) {
    const ThresholdGate gate = gate_of(quantile_of(q), x);
    CHECK(gate.threshold.dim() == 0);
    CHECK(gate.threshold.scalar_type() == at::kFloat);
    CHECK_FALSE(gate.factors.defined());
    CHECK(gate.dropped.value() == Approx(q).margin(1e-5));
    CHECK(dropped_of(gate, x) == Approx(q).margin(0.005));
    json one_cell = quantile_of(q);
    one_cell["aggregate_fn"]["except_dim"] = json::array();
    CHECK(gate_of(one_cell, x).threshold.item<double>() ==
          Approx(gate.threshold.item<double>()).margin(0.005));
  }
}

TEST_CASE("factors weigh what is cut", "[functions]") {
  const at::Tensor x = random_tensor({500, 4}, 1);
  const at::Tensor factors = at::tensor({0.1, 1.0, 10.0, 0.0}, at::kDouble);
  const ThresholdGate gate = gate_of(quantile_of(0.6), x, factors);
  CHECK(gate.factors.scalar_type() == at::kFloat);
  CHECK(dropped_of(gate, x) == Approx(0.6).margin(0.005));
}

TEST_CASE("a dynamic threshold is the one given; what it drops is told by a histogram",
          "[functions]") {
  json settings = quantile_of(0);
  settings["mask_fn"] = "threshold";
  settings["sparse_config"] = {{"threshold", 0.25}, {"dynamic", true}};
  const at::Tensor x = random_tensor({500, 4}, 1).to(at::kHalf);
  const ThresholdGate gate = gate_of(settings, x);
  CHECK(gate.threshold.item<double>() == 0.25);
  CHECK(gate.threshold.scalar_type() == at::kHalf);
  CHECK(gate.dropped.value() == Approx(dropped_of(gate, x)).margin(0.005));
  settings["aggregate_fn"] = "sum";
  CHECK_NOTHROW(check_dynamic(merged(settings)));
  CHECK_FALSE(gate_of(settings, random_tensor({5, 4}, 1)).dropped);
}

TEST_CASE("the factors are what reduce_fn makes of ones", "[functions]") {
  json settings = quantile_of(0.5);
  CHECK_FALSE(score_factors(merged(settings), {}, nullptr).defined());
  settings["reduce_fn"] = {{"name", "weighted"}, {"norm", 2}};
  const at::Tensor weight = random_tensor({6, 4, 3, 3}, 1);
  const Window window = window_of({{3, 3}, {1}, {1}, {1}, {0}, 1, false});
  const LayerWeight layer = {weight, grouped(weight, window), -3};
  const at::Tensor factors = score_factors(merged(settings), {}, &layer);
  CHECK(factors.sizes() == at::IntArrayRef({4, 1, 1}));
  const at::Tensor norms = weight.to(at::kDouble).square().sum({0, 2, 3}).sqrt();
  CHECK(at::allclose(factors.flatten(), norms));
}

TEST_CASE("what does not go with a dynamic mask_fn is refused before anything runs",
          "[functions]") {
  CHECK_NOTHROW(check_dynamic(merged(quantile_of(0.4))));
  CHECK(contains(refusal_of({{"aggregate_fn", "sum"}}), "aggregate_fn 'histogram'"));
  CHECK(contains(refusal_of({{"reduce_fn", {{"name", "mean"}, {"dim", {0}}}}}),
                 "use 'identity' or 'weighted'"));
  CHECK(contains(refusal_of({{"reduce_fn", "users_own"}}), "use 'identity' or 'weighted'"));
  CHECK(contains(refusal_of({{"align", "group"}}), "leave align out"));
  CHECK(contains(refusal_of({{"features", {0}}, {"feature_dim", 1}}), "features"));
}

TEST_CASE("what no gate can be made of is told", "[functions]") {
  const auto refusal = [](const at::Tensor& x, const at::Tensor& factors = {}) {
    const Error error = error_of([&] { gate_of(quantile_of(0.5), x, factors); });
    CHECK(error.kind() == ErrorKind::Function);
    return std::string(error.what());
  };
  CHECK(contains(refusal(ints_of({1, 2}).view({1, 2})), "int64"));
  CHECK(contains(refusal(tensor_of({1, NAN}, {1, 2})), "NaN"));
  const at::Tensor three = at::ones({3}, at::kDouble);
  CHECK(contains(refusal(tensor_of({1, 2}, {1, 2}), three), "\"except_dim\": [-1]"));
  CHECK(contains(refusal(tensor_of({1, 2}, {1, 2}), at::full({2}, NAN, at::kDouble)), "weights"));
}
