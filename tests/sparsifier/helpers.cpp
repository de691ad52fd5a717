#include "sparsifier/helpers.h"

#include <sstream>

#include "sparsifier/state_file.h"
#include "support/catch.h"
#include "support/files.h"

namespace actsparse {
namespace {

std::vector<at::Tensor> tensors_of(const std::optional<TensorOrList>& tensors) {
  if (!tensors) return {};
  if (const auto* tensor = std::get_if<at::Tensor>(&*tensors)) return {*tensor};
  return std::get<std::vector<at::Tensor>>(*tensors);
}

void check_equal(const std::optional<TensorOrList>& a, const std::optional<TensorOrList>& b) {
  REQUIRE(a.has_value() == b.has_value());
  if (a) CHECK(a->index() == b->index());
  const auto left = tensors_of(a), right = tensors_of(b);
  REQUIRE(left.size() == right.size());
  for (size_t i = 0; i < left.size(); ++i) CHECK(bit_equal(left[i], right[i]));
}

std::optional<TensorOrList> gate_mask(const LayerRecord& record) {
  return record.gate ? std::optional(mask_of(*record.gate)) : std::nullopt;
}

}  // namespace

nlohmann::json usual(const nlohmann::json& changes) {
  nlohmann::json json = {{"aggregate_fn", "sum"},
                         {"reduce_fn", {{"name", "mean"}, {"dim", {0}}}},
                         {"mask_fn", "magnitude"},
                         {"sparse_config", {{"sparsity_level", 0.5}}}};
  json.update(changes);
  return json;
}

LayerSettings settings(const nlohmann::json& json) {
  return layer_settings_from_json(json, "settings");
}

ActivationSparsifier sparsifier_of(const torch::jit::Module& model, const nlohmann::json& changes) {
  return ActivationSparsifier(model, {}, settings(usual(changes)));
}

LayerSettings features_of(const std::vector<int64_t>& features, int64_t feature_dim) {
  LayerSettings layer;
  layer.features = std::optional(features);
  layer.feature_dim = std::optional(feature_dim);
  return layer;
}

at::Tensor forward(ActivationSparsifier& sparsifier, const at::Tensor& x) {
  return sparsifier.forward({x}).toTensor();
}

at::Tensor mask_of(const ActivationSparsifier& sparsifier, const std::string& layer) {
  return std::get<at::Tensor>(sparsifier.get_mask(layer));
}

std::vector<at::Tensor> masks_of(const ActivationSparsifier& sparsifier, const std::string& layer) {
  return std::get<std::vector<at::Tensor>>(sparsifier.get_mask(layer));
}

LayerRecord record_of(const ActivationSparsifier& sparsifier, const std::string& layer) {
  for (auto& record : sparsifier.layers())
    if (record.site.layer == layer) return record;
  FAIL("layer '" << layer << "' is not registered");
  return {};
}

at::Tensor data_of(const ActivationSparsifier& sparsifier, const std::string& layer) {
  return std::get<at::Tensor>(*record_of(sparsifier, layer).data());
}

LayerRecord aggregated(const at::Tensor& data, int64_t calls, const nlohmann::json& changes) {
  LayerRecord layer;
  layer.site.layer = "a";
  layer.type = "Scale";
  layer.settings = merge({}, settings(usual(changes)));
  layer.accumulators[kAggregate] = data;
  layer.calls = calls;
  layer.input_shape = data.sizes().vec();
  layer.input_dtype = data.scalar_type();
  return layer;
}

StateDict through_file(const StateDict& state) {
  const TemporaryFolder folder;
  write_file(folder / "state.pt", state_bytes(state));
  return read_state(folder / "state.pt");
}

void check_equal(const StateDict& a, const StateDict& b) {
  CHECK(to_json(a.defaults) == to_json(b.defaults));
  REQUIRE(a.layers.size() == b.layers.size());
  for (size_t i = 0; i < a.layers.size(); ++i) {
    const auto &left = a.layers[i], &right = b.layers[i];
    CHECK(left.site.layer == right.site.layer);
    CHECK(left.site.input == right.site.input);
    CHECK(left.type == right.type);
    CHECK(to_json(left.settings) == to_json(right.settings));
    CHECK(left.hook_state == right.hook_state);
    CHECK(left.calls == right.calls);
    CHECK(left.input_shape == right.input_shape);
    CHECK(left.input_dtype == right.input_dtype);
    check_equal(gate_mask(left), gate_mask(right));
    REQUIRE(left.accumulators.size() == right.accumulators.size());
    for (const auto& [name, tensors] : left.accumulators)
      check_equal(std::optional(tensors), std::optional(right.accumulators.at(name)));
  }
}

}  // namespace actsparse
