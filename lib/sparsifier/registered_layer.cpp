#include "sparsifier/registered_layer.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "base/error.h"
#include "functions/dynamic_masks.h"
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
  check_aggregate(settings);
  aggregates_[kAggregate].make =
      functions.aggregate(callable(settings.aggregate_fn, "aggregate_fn"));
  functions.reduce(callable(settings.reduce_fn, "reduce_fn"));
  functions.mask(callable(settings.mask_fn, "mask_fn"), settings.sparse_config, "sparse_config");
  check_dynamic(settings);
  for (const auto& [name, function] : functions.needs_of(settings).statistics)
    aggregates_[name].make = functions.aggregate(function);
  if (!record_.accumulators.empty()) restore(std::exchange(record_.accumulators, {}));
}

void RegisteredLayer::restore(const Accumulators& kept) {
  for (auto& [name, live] : aggregates_) {
    const auto found = kept.find(name);
    if (found == kept.end())
      throw Error(ErrorKind::State, layer_text(record_.site.layer) + ": the statistic '" + name +
                                        "' is missing; calibrate with this config");
    for (const auto& data : as_list(found->second)) {
      live.parts.push_back(live.make());
      live.parts.back()->restore(data, record_.calls);
    }
  }
  started_ = true;
}

void RegisteredLayer::observe(const at::Tensor& input) {
  try {
    check_observable(input);
    if (input.numel() == 0) {
      ++record_.empty_calls;
      return;
    }
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
  const auto& features = record_.settings.features;
  const size_t count = features ? features->size() : 1;
  for (auto& [name, live] : aggregates_) {
    live.parts.clear();
    while (live.parts.size() < count) live.parts.push_back(live.make());
  }
  started_ = true;
}

void RegisteredLayer::aggregate(const at::Tensor& input) {
  const auto& features = record_.settings.features;
  for (auto& [name, live] : aggregates_) {
    if (!features) live.parts.front()->update(input);
    for (size_t i = 0; features && i < features->size(); ++i)
      live.parts[i]->update(input.narrow(*record_.settings.feature_dim, (*features)[i], 1));
  }
}

LayerRecord RegisteredLayer::record() const {
  LayerRecord record = record_;
  if (!started_) return record;
  for (const auto& [name, live] : aggregates_) {
    std::vector<at::Tensor> data;
    for (const auto& part : live.parts) data.push_back(part->data());
    record.accumulators[name] =
        tensor_or_list(std::move(data), record.settings.features.has_value());
  }
  return record;
}

std::vector<at::Tensor> RegisteredLayer::values() const {
  std::vector<at::Tensor> values;
  for (const auto& [name, live] : aggregates_)
    for (const auto& part : live.parts) values.push_back(part->value());
  return values;
}

void RegisteredLayer::reset_data() {
  for (auto& [name, live] : aggregates_) live.parts.clear();
  started_ = false;
}

}  // namespace actsparse
