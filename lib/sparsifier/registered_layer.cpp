#include "sparsifier/registered_layer.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "base/error.h"
#include "model/observe_op.h"
#include "sparsifier/layer_shapes.h"

namespace actsparse {
namespace {

FunctionConfig callable(const std::optional<FunctionConfig>& function, const char* which) {
  if (!function)
    throw Error(ErrorKind::Config,
                std::string("function should be callable: ") + which + " is missing");
  return *function;
}

void check_observable(const at::Tensor& input) {
  const std::string obstacle = tensor_obstacle(input);
  if (!obstacle.empty()) throw Error(ErrorKind::Model, obstacle);
}

}  // namespace

RegisteredLayer::RegisteredLayer(LayerRecord record, const FunctionTable& functions)
    : record_(std::move(record)) {
  const auto& settings = record_.settings;
  check_features(settings);
  make_aggregate_ = functions.aggregate(callable(settings.aggregate_fn, "aggregate_fn"));
  functions.reduce(callable(settings.reduce_fn, "reduce_fn"));
  functions.mask(callable(settings.mask_fn, "mask_fn"), settings.sparse_config, "sparse_config");
  if (!record_.data) return;
  for (const auto& data : as_list(*std::exchange(record_.data, std::nullopt))) {
    aggregates_.push_back(make_aggregate_());
    aggregates_.back()->restore(data, record_.calls);
  }
  started_ = true;
}

void RegisteredLayer::observe(const at::Tensor& input) {
  try {
    check_observable(input);
    check_feature_range(record_.settings, input.sizes().vec());
    if (!started_) start();
    aggregate(input);
  } catch (const Error& error) {
    throw error.in(fmt::format("{}, call {}", layer_text(record_.site.layer), record_.calls + 1));
  }
  ++record_.calls;
  record_.input_shape = input.sizes().vec();
  record_.input_dtype = input.scalar_type();
}

void RegisteredLayer::start() {
  record_.calls = 0;
  aggregates_.clear();
  const auto& features = record_.settings.features;
  const size_t count = features ? features->size() : 1;
  while (aggregates_.size() < count) aggregates_.push_back(make_aggregate_());
  started_ = true;
}

void RegisteredLayer::aggregate(const at::Tensor& input) {
  const auto& features = record_.settings.features;
  if (!features) return aggregates_.front()->update(input);
  for (size_t i = 0; i < features->size(); ++i)
    aggregates_[i]->update(input.narrow(*record_.settings.feature_dim, (*features)[i], 1));
}

LayerRecord RegisteredLayer::record() const {
  LayerRecord record = record_;
  if (!started_) return record;
  std::vector<at::Tensor> data;
  for (const auto& aggregate : aggregates_) data.push_back(aggregate->data());
  if (record.settings.features)
    record.data = std::move(data);
  else
    record.data = data.front();
  return record;
}

std::vector<at::Tensor> RegisteredLayer::values() const {
  std::vector<at::Tensor> values;
  for (const auto& aggregate : aggregates_) values.push_back(aggregate->value());
  return values;
}

void RegisteredLayer::reset_data() {
  aggregates_.clear();
  started_ = false;
}

}  // namespace actsparse
